/** Returns the speed of an answer in tokens a second; null if nobody counted, or the text came all at once. */
export function speedOf(tokens: number | null, text_ms: number | null): number | null {
  // The first token arrived before the measured time.
  return tokens === null || tokens < 2 || text_ms === null || text_ms === 0
    ? null
    : (tokens - 1) / (text_ms / 1_000)
}
