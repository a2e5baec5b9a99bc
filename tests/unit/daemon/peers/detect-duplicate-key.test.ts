import { expect, test, vi } from 'vitest'
import { detectDuplicateKey } from '../../../../host/daemon/peers/detect-duplicate-key.ts'
import { ForkGuard } from '../../../../host/dht/fork-guard/fork-guard.ts'
import { limits } from '../../../../host/limits.ts'

/** A guard without chains, and looks at the network that answer so, one after the other; the last answer stays. */
function stage(answers: readonly (boolean | Error)[]) {
  const noBook = () => {
    throw new RangeError('it watches no chain')
  }
  const guard = new ForkGuard(noBook, () => undefined)
  const pauses: number[] = []
  const elsewhere = async () => {
    const answer = answers[Math.min(pauses.length, answers.length) - 1] ?? false
    if (answer instanceof Error) throw answer
    return answer
  }
  const clock = {
    now: () => 0,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      pauses.push(ms)
      await new Promise(setImmediate)
    },
  }
  return { guard, pauses, watching: detectDuplicateKey({ agent: 'self', elsewhere, guard }, clock) }
}

test('a conductor that sees its key elsewhere stops writing for good', async () => {
  const { guard, pauses, watching } = stage([false, new Error('it is being started'), true, false])
  using _watching = watching
  expect(guard.refusal()).toBeNull()
  await vi.waitFor(() => expect(guard.refusal()).toMatchObject({ code: 'RIPPLE_KEY_IN_USE' }))
  expect(pauses).toEqual([
    limits.duplicate_key_look_ms,
    limits.duplicate_key_look_ms,
    limits.duplicate_key_look_ms,
  ])
  await expect(guard.allow('dna', new AbortController().signal)).rejects.toMatchObject({
    code: 'RIPPLE_KEY_IN_USE',
  })
})

test('a conductor that sees its key nowhere else goes on', async () => {
  const { guard, pauses, watching } = stage([false])
  await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(20))
  watching[Symbol.dispose]()
  expect(guard.refusal()).toBeNull()
})
