import type { Clock } from '../types/clock.ts'

/**
 * Resolves when the next may have its turn: when this one has ended, well or not, or when it has taken longer than
 * `patienceMs` milliseconds.
 */
export async function untilPassable(
  turn: Promise<unknown>,
  patienceMs: number,
  sleep: Clock['sleep'],
): Promise<void> {
  const ended = new AbortController()
  const over = turn.then(
    () => ended.abort(),
    () => ended.abort(),
  )
  await Promise.race([over, sleep(patienceMs, ended.signal).catch(() => over)])
}
