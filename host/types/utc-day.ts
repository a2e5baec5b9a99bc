/** Reckons with UTC days, by which budgets are counted. */

const DAY_MS = 86_400_000

/** Returns the UTC day of a moment, such as `2026-11-25`. */
export function utcDay(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}

/** Returns the UTC day that began `days` days before that of a moment. */
export function daysBefore(now: number, days: number): string {
  return utcDay(now - days * DAY_MS)
}

/** Returns the seconds until the next UTC day, rounded up. */
export function secondsToNextDay(now: number): number {
  return Math.ceil((DAY_MS - (now % DAY_MS)) / 1_000)
}
