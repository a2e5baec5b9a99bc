/** Describes any thrown value. */

/** Returns the message of an error; any other value as a text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
