/** Tests that an invite to an open network makes two machines accept each other, over real libp2p nodes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openStrangers } from '../../../../host/daemon/peers/strangers.ts'
import { answerInvites } from '../../../../host/membership/invite-protocol.ts'
import { answerInvite, type InviterNeeds, makeInvite } from '../../../../host/membership/inviter.ts'
import { OpenInvites } from '../../../../host/membership/open-invites.ts'
import { openPeerNode, type PeerNode } from '../../../../host/net/libp2p.ts'
import type { Strangers } from '../../../../host/operations/context.ts'
import { Acceptance } from '../../../../host/peers/acceptance.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { agentKey } from '../../net/agents.ts'

interface Machine {
  readonly node: PeerNode
  readonly strangers: Strangers
  readonly inviter: InviterNeeds
  /** The names of the machines that it accepts. */
  accepted(): string[]
}

const stack = new AsyncDisposableStack()
const home = { network: 'local', localName: 'home', seed: 'ripple-local-home', server: null } as const
const wish = { expiresAt: 60_000, once: false, delegate: false }
let folder = ''
let opened = 0
let now = 1_000
let ann: Machine
let bob: Machine

/** Opens a machine. Its agent is a claim, which two machines may share. */
async function machine(name: string, letter = name.charAt(0), network: InviterNeeds['network'] = home) {
  const node = stack.use(await openPeerNode({ keyFile: join(folder, `${opened++}.key`) }))
  const journal = new MemoryJournal()
  const self = { agent: agentKey(letter), name }
  const none = { isRevoked: () => false, publicKeyOf: () => null }
  const acceptance = await Acceptance.open({ self: self.agent, journal, isOpen: false, ...none })
  const inviter: InviterNeeds = {
    ...{ network, membership: null, self, key: node.key },
    invites: await OpenInvites.read(journal, () => now),
    accept: ({ peerKey, agent, name: theirs = agent }) =>
      acceptance.accept({ public_key: peerKey, agent, name: theirs, at: now }),
    addresses: () => node.addresses(),
  }
  stack.use(await answerInvites(node, (asked) => answerInvite(inviter, asked)))
  const strangers = openStrangers({
    ...{ self: self.agent, name, seed: network.seed, node, acceptance, invites: inviter.invites },
    ...{ clock: { now: () => now }, peers: () => [], publicKeyOf: () => null, changed: () => {} },
  })
  const accepted = () => acceptance.list().map((one) => one.name)
  return { node, strangers, inviter, accepted } satisfies Machine
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-redeem-'))
})
beforeEach(async () => {
  now = 1_000
  ann = await machine('ann')
  bob = await machine('bob')
})
afterAll(async () => {
  await stack.disposeAsync()
  await rm(folder, { recursive: true, force: true })
})

const refusedBecause = (why: string) => ({
  code: 'RIPPLE_INVITE_REFUSED',
  message: expect.stringContaining(why),
})

test('an invite makes both machines accept the key that the other has proved', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  const known = { agent: agentKey('a'), name: 'ann', public_key: ann.node.key.publicKey, at: now }
  expect(await bob.strangers.redeem(line)).toEqual(known)
  expect(bob.strangers.list().accepted).toEqual([known])
  expect(ann.strangers.list().accepted).toEqual([
    { agent: agentKey('b'), name: 'bob', public_key: bob.node.key.publicKey, at: now },
  ])
})

test('an invite for one machine refuses the next one, even if that claims the agent of the first', async () => {
  const { line } = await makeInvite(ann.inviter, { ...wish, once: true })
  await bob.strangers.redeem(line)
  const eve = await machine('eve', 'b')
  await expect(eve.strangers.redeem(line)).rejects.toMatchObject(
    refusedBecause('another machine has joined with it already'),
  )
  expect([ann.accepted(), eve.accepted()]).toEqual([['bob'], []])
  // The answer to the first machine may have been lost.
  await expect(bob.strangers.redeem(line)).resolves.toHaveProperty('name', 'ann')
})

test('an invite that has expired is refused by either clock, and nobody is accepted', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  now = wish.expiresAt
  await expect(bob.strangers.redeem(line)).rejects.toMatchObject({ code: 'RIPPLE_INVITE_EXPIRED' })
  const { invites } = ann.inviter
  const { id } = await invites.add({ ...wish, seed: home.seed, expires_at: now })
  const asked = { id, seed: home.seed, agent: agentKey('b'), name: 'bob', peerKey: 'key' }
  expect(await answerInvite(ann.inviter, asked)).toEqual({ refused: expect.stringContaining('expired') })
  expect([ann.accepted(), bob.accepted()]).toEqual([[], []])
})

test('a forgotten machine cannot let itself in again', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  await bob.strangers.redeem(line)
  await ann.strangers.forget('bob')
  await expect(bob.strangers.redeem(line)).rejects.toMatchObject(refusedBecause('has withdrawn it'))
  expect(ann.accepted()).toEqual([])
})

test('two machines of one name and one agent are told apart by their libp2p keys', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  const twin = await machine('bob', 'b')
  await bob.strangers.redeem(line)
  await twin.strangers.redeem(line)
  await expect(ann.strangers.forget('bob')).rejects.toMatchObject({ code: 'RIPPLE_PEER_AMBIGUOUS' })
  await ann.strangers.forget(twin.node.key.publicKey)
  expect(ann.strangers.list().accepted.map((one) => one.public_key)).toEqual([bob.node.key.publicKey])
})

test('an invite to another network, and a line of its own, are refused', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  const carl = await machine('carl', 'c', { ...home, localName: 'work', seed: 'ripple-local-work' })
  await expect(carl.strangers.redeem(line)).rejects.toMatchObject(refusedBecause('for that network'))
  await expect(ann.strangers.redeem(line)).rejects.toMatchObject({ code: 'RIPPLE_INVITE_INVALID' })
  expect([ann.accepted(), carl.accepted()]).toEqual([[], []])
})

test('a machine accepts nobody while its inviter is away, or cannot record the use', async () => {
  const away = { ...ann.inviter, addresses: () => ['/ip4/127.0.0.1/tcp/9'] }
  const gone = await makeInvite({ ...away, key: (await machine('gone')).node.key }, wish)
  await expect(bob.strangers.redeem(gone.line)).rejects.toMatchObject({ code: 'RIPPLE_INVITER_UNREACHABLE' })
  const { line } = await makeInvite(ann.inviter, wish)
  ann.inviter.invites.redeem = () => Promise.reject(new Error('the disk is full'))
  await expect(bob.strangers.redeem(line)).rejects.toMatchObject(refusedBecause('could not record it'))
  expect([ann.accepted(), bob.accepted()]).toEqual([[], []])
})
