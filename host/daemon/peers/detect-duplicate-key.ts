/** Watches for a second machine that uses this one's key. */
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../types/clock.ts'

/**
 * Checks periodically whether another machine's conductor uses this one's key, and stops writing for good if so. On one
 * machine a lock on the key prevents that; between machines only the network shows it. Runs until it is disposed.
 */
export function detectDuplicateKey(
  conductor: Pick<ConductorHandle, 'agent' | 'elsewhere' | 'guard'>,
  clock: Clock,
): Disposable {
  const ending = new AbortController()
  void watch(conductor, clock, ending.signal)
  return { [Symbol.dispose]: () => ending.abort() }
}

async function watch(
  { agent, elsewhere, guard }: Parameters<typeof detectDuplicateKey>[0],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(limits.duplicate_key_look_ms, signal).catch(() => undefined)
    if (signal.aborted) return
    // A conductor that is being restarted cannot answer; the next look asks it.
    if (!(await elsewhere().catch(() => false))) continue
    return guard.stop(new RippleError('RIPPLE_KEY_IN_USE', { agent }))
  }
}
