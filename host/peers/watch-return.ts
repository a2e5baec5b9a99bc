/** Notices that this machine has slept, or that its addresses have changed. */
import { isDeepStrictEqual } from 'node:util'
import { limits } from '../limits.ts'
import type { Clock } from '../types/clock.ts'

/** Parts that the watch uses. */
export interface ReturnNeeds {
  readonly clock: Clock
  /** Returns the addresses of this machine now. */
  addresses(): readonly string[]
  /** Called when others must hear of this machine at once. */
  onReturn(): void
}

/**
 * Looks every `limits.return_look_ms` whether this machine slept or stood still, or has other addresses. Connections may be
 * dead then without a sign, and peers may know old addresses. Runs until it is disposed.
 */
export function watchReturn(needs: ReturnNeeds): Disposable {
  const ending = new AbortController()
  void watch(needs, ending.signal)
  return { [Symbol.dispose]: () => ending.abort() }
}

async function watch({ clock, addresses, onReturn }: ReturnNeeds, signal: AbortSignal): Promise<void> {
  let before = { at: clock.now(), addresses: addresses() }
  for (;;) {
    await clock.sleep(limits.return_look_ms, signal).catch(() => undefined)
    if (signal.aborted) return
    const now = { at: clock.now(), addresses: addresses() }
    const slept = now.at - before.at > limits.return_look_ms + limits.stood_still_ms
    if (slept || !isDeepStrictEqual(now.addresses, before.addresses)) onReturn()
    before = now
  }
}
