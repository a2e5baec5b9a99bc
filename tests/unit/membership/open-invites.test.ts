import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { OpenInvites } from '../../../host/membership/open-invites.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

const seed = 'ripple-local-family'
let now = 1_000

async function opened(journal = new MemoryJournal()): Promise<OpenInvites> {
  now = 1_000
  return OpenInvites.read(journal, () => now)
}

const forAll = { seed, expires_at: 2_000, once: false, delegate: false }

test('an invite for one machine lets one agent in, which may ask again', async () => {
  const invites = await opened()
  const { id } = await invites.add({ ...forAll, once: true })
  const both = await Promise.all([invites.redeem(id, seed, 'ann'), invites.redeem(id, seed, 'bob')])
  expect(both).toEqual([
    { invite: expect.objectContaining({ used_by: ['ann'] }) },
    { refused: 'another machine has joined with it already' },
  ])
  expect(await invites.redeem(id, seed, 'ann')).toHaveProperty('invite')
})

test('an invite is refused for another network, with a wrong id, and from its end on', async () => {
  const invites = await opened()
  const { id } = await invites.add(forAll)
  expect(await invites.redeem(id, 'ripple-local-other', 'ann')).toHaveProperty('refused')
  expect(await invites.redeem('ffffffffffffffff', seed, 'ann')).toHaveProperty('refused')
  now = 2_000
  expect(await invites.redeem(id, seed, 'ann')).toEqual({ refused: 'it expired at 1970-01-01T00:00:02.000Z' })
})

test('the uses of an invite outlive a restart', async () => {
  const journal = new MemoryJournal()
  const before = await opened(journal)
  const { id } = await before.add({ ...forAll, once: true })
  await before.redeem(id, seed, 'ann')
  const after = await opened(journal)
  expect(await after.redeem(id, seed, 'bob')).toHaveProperty('refused')
})

test('an invite lets a bounded number of machines in, and a machine has a bounded number of invites', async () => {
  const invites = await opened()
  const { id } = await invites.add(forAll)
  for (let used = 0; used < limits.invite_uses_max; used++)
    expect(await invites.redeem(id, seed, `agent ${used}`)).toHaveProperty('invite')
  expect(await invites.redeem(id, seed, 'one more')).toHaveProperty('refused')
  for (let more = 1; more < limits.invites_max; more++) await invites.add(forAll)
  await expect(invites.add(forAll)).rejects.toMatchObject({ code: 'RIPPLE_INVITE_MANY' })
  now = 2_000
  await expect(invites.add({ ...forAll, expires_at: 3_000 })).resolves.toHaveProperty('id')
})

test("a revoked member's invite is withdrawn", async () => {
  const invites = await opened()
  const [one, other] = [await invites.add(forAll), await invites.add(forAll)]
  await invites.redeem(one.id, seed, 'ann')
  await invites.withdraw('ann')
  expect(invites.list().map(({ id }) => id)).toEqual([other.id])
})
