import { expect, test, vi } from 'vitest'
import { followGuard, type GuardFollowers } from '../../../../host/daemon/chain/follow-guard.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'

/** A guard that the test changes its mind for, and work whose reading of its chain fails so often. */
function stage(failures: number) {
  let refusal: RippleError | null = new RippleError('RIPPLE_CHAIN_BEHIND', { role: 'mesh', missing: 'uhCkk' })
  const handlers = new Set<() => void>()
  const holds: boolean[] = []
  const pauses: number[] = []
  const published = Promise.withResolvers<void>()
  const beatNow = vi.fn()
  let left = failures
  const followers: GuardFollowers = {
    guard: {
      refusal: () => refusal,
      onChange: (handler) => {
        handlers.add(handler)
        return () => handlers.delete(handler)
      },
    },
    work: {
      hold: async (on) => {
        holds.push(on)
        if (on) return
        left -= 1
        if (left >= 0) throw new RippleError('RIPPLE_DISK_FULL')
      },
    },
    registry: { publish: () => published.promise, presence: { beatNow } },
    emit: () => {},
    clock: { sleep: async (ms) => void pauses.push(ms) },
    say: () => {},
    signal: new AbortController().signal,
  }
  const clear = () => {
    refusal = null
    for (const handler of handlers) handler()
  }
  return { followers, holds, pauses, clear, published, beatNow }
}

test('the resumption of work is retried until it succeeds', async () => {
  const { followers, holds, pauses, clear } = stage(2)
  using _following = followGuard(followers)
  clear()
  await vi.waitFor(() => expect(holds).toEqual([true, false, false, false]))
  expect(pauses).toEqual([limits.hold_retry_ms, limits.hold_retry_ms])
})

test('peers learn at once that writes resumed, and of the card once it is written', async () => {
  const { followers, clear, published, beatNow } = stage(0)
  using _following = followGuard(followers)
  await vi.waitFor(() => expect(beatNow).toHaveBeenCalledTimes(1))
  clear()
  await vi.waitFor(() => expect(beatNow).toHaveBeenCalledTimes(2))
  published.resolve()
  await vi.waitFor(() => expect(beatNow).toHaveBeenCalledTimes(3))
})
