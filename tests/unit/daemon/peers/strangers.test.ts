import { beforeEach, expect, test } from 'vitest'
import { openStrangers } from '../../../../host/daemon/peers/strangers.ts'
import type { Strangers } from '../../../../host/operations/context.ts'
import { Acceptance } from '../../../../host/peers/acceptance.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { peer } from '../../mesh/fixtures.ts'
import { agentKey } from '../../net/agents.ts'

const [laptop, twin, other, unproven] = ['l', 't', 'o', 'u'].map(agentKey) as [string, string, string, string]
const publicKeyOf = (agent: string) => (agent === unproven ? null : `key of ${agent}`)
let acceptance: Acceptance
let strangers: Strangers
let changes = 0

beforeEach(async () => {
  changes = 0
  const isRevoked = () => false
  const journal = new MemoryJournal()
  acceptance = await Acceptance.open({ self: 'me', journal, isOpen: false, isRevoked, publicKeyOf })
  strangers = openStrangers({
    ...{ self: 'me', name: 'me', seed: 'ripple-local-home', acceptance },
    node: {
      connect: () => Promise.reject(new Error('unused')),
      key: { publicKey: '', sign: async () => '' },
    },
    invites: { withdraw: async () => {} },
    clock: { now: () => 7 },
    peers: () => [
      { ...peer('me') },
      ...[laptop, twin].map((agent) => ({ ...peer(agent, { name: 'laptop' }) })),
      { ...peer(other, { name: 'nas' }) },
      { ...peer(unproven, { name: 'claims a key' }) },
    ],
    publicKeyOf,
    changed: () => {
      changes += 1
    },
  })
})

test('a machine is accepted by its name, its key or the beginning of its key', async () => {
  for (const name of ['nas', other, other.slice(0, 12)]) {
    expect(await strangers.accept(name)).toEqual({
      agent: other,
      name: 'nas',
      public_key: `key of ${other}`,
      at: 7,
    })
    expect(acceptance.accepts(other)).toBe(true)
    await strangers.forget(name)
    expect(acceptance.accepts(other)).toBe(false)
  }
  expect(changes).toBe(6)
})

test('a name that two machines have accepts neither', async () => {
  await expect(strangers.accept('laptop')).rejects.toMatchObject({
    code: 'RIPPLE_PEER_AMBIGUOUS',
    facts: { name: 'laptop', count: 2 },
  })
  expect(strangers.list()).toEqual({ open: false, accepted: [] })
  await strangers.accept(twin)
  expect([acceptance.accepts(twin), acceptance.accepts(laptop)]).toEqual([true, false])
})

test.each(['nobody', 'me', 'claims a key', 'uhCAk'])("'%s' names no machine to accept", async (name) => {
  await expect(strangers.accept(name)).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNKNOWN' })
  await expect(strangers.forget(name)).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNKNOWN' })
  expect(changes).toBe(0)
})
