import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { Acceptance } from '../../../host/peers/acceptance.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

const keys = new Map([
  ['ann', 'a'.repeat(64)],
  ['bob', 'b'.repeat(64)],
])
const open = (journal: MemoryJournal, isOpen = false) =>
  Acceptance.open({
    ...{ self: 'me', journal, isOpen },
    isRevoked: (agent) => agent === 'revoked',
    publicKeyOf: (agent) => keys.get(agent) ?? null,
  })
const peer = (agent: string) => ({ agent, name: agent, public_key: keys.get(agent) ?? '', at: 1 })

test('a machine is accepted from its acceptance on, across restarts, until it is forgotten', async () => {
  const journal = new MemoryJournal()
  const first = await open(journal)
  expect(['me', 'ann', 'bob', 'unproven'].map((agent) => first.accepts(agent))).toEqual([
    true,
    false,
    false,
    false,
  ])
  await first.accept(peer('ann'))
  await first.accept(peer('ann'))
  const second = await open(journal)
  expect([second.accepts('ann'), second.accepts('bob')]).toEqual([true, false])
  expect(second.list()).toEqual([peer('ann')])
  await second.forget(peer('ann').public_key)
  expect([second.accepts('ann'), (await open(journal)).accepts('ann')]).toEqual([false, false])
})

test('a machine with a new agent key under its old libp2p key stays accepted', async () => {
  const acceptance = await open(new MemoryJournal())
  await acceptance.accept(peer('ann'))
  keys.set('ann again', peer('ann').public_key)
  expect(acceptance.accepts('ann again')).toBe(true)
})

test('an open network accepts everybody except revoked members', async () => {
  const acceptance = await open(new MemoryJournal(), true)
  expect([acceptance.accepts('unproven'), acceptance.accepts('revoked')]).toEqual([true, false])
})

test('a damaged list accepts nobody', async () => {
  const journal = new MemoryJournal()
  await journal.put('meta', 'accepted_peers', [{ public_key: 1 }])
  const acceptance = await open(journal)
  expect([acceptance.list(), acceptance.accepts('ann')]).toEqual([[], false])
})

test('a bounded number of machines is accepted, and the oldest are forgotten', async () => {
  const journal = new MemoryJournal()
  const stored = Array.from({ length: limits.accepted_peers_max }, (_, n) => ({
    ...peer('bob'),
    public_key: `${n}`,
  }))
  await journal.put('meta', 'accepted_peers', stored)
  const acceptance = await open(journal)
  await acceptance.accept(peer('ann'))
  expect(acceptance.list()).toHaveLength(limits.accepted_peers_max)
  expect([acceptance.list().at(-1)?.agent, acceptance.list()[0]?.public_key]).toEqual(['ann', '1'])
})

test('machines that are accepted at the same time are all kept', async () => {
  const journal = new MemoryJournal()
  const acceptance = await open(journal)
  await Promise.all([acceptance.accept(peer('ann')), acceptance.accept(peer('bob'))])
  expect((await open(journal)).list()).toEqual([peer('ann'), peer('bob')])
})
