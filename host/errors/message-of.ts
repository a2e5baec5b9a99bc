/** Puts whatever was thrown into words. */

/** The message of an error; anything else as a text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
