import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { watchRevocations } from '../../../host/membership/watch-revocations.ts'
import type { AgentKey } from '../../../host/types/events.ts'
import type { Revocation } from '../../../zomes-bindings/generated/membrane.ts'
import type { Written } from '../../../zomes-bindings/generated/shared.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'

function written(agent: AgentKey): Written<Revocation> {
  const issuer = { key: 'ab'.repeat(32), delegation: null }
  const entry = { network: 'n', agent, at: 1, issuer, signature: 'cd'.repeat(64) }
  return { hash: agent, author: 'ann', seq: 9, at: 1, entry }
}

test('a revocation that arrives within a minute is acted on within a minute, once, and failures are survived', async () => {
  const clock = new VirtualClock(0)
  const taken = new Set<AgentKey>()
  const expelled: AgentKey[] = []
  const failures: unknown[] = []
  let here: Written<Revocation>[] = []
  let looks = 0
  await using _watch = watchRevocations({
    membership: {
      take: ({ agent }) => agent !== 'forged' && !taken.has(agent) && Boolean(taken.add(agent)),
    },
    store: {
      revoke: async () => '',
      revoked: async () => {
        looks++
        if (looks === 2) throw new Error('the conductor is down')
        return here
      },
    },
    clock,
    onRevoked: (agent) => expelled.push(agent),
    onError: (error) => failures.push(error),
  })
  await clock.run(1, () => false)
  here = [written('bob'), written('forged')]
  await clock.run(61_000, () => false)
  expect(expelled).toEqual(['bob'])
  expect(failures).toHaveLength(1)
  expect(looks).toBeGreaterThanOrEqual(Math.floor(60_000 / limits.revocations_look_ms))
})
