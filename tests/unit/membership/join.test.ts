/** Tests that machines join a private network with an invite, over real libp2p nodes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lpStream } from '@libp2p/utils'
import { encode } from '@msgpack/msgpack'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { membraneOf, type PrivateNetwork, seedOf } from '../../../host/config/private-networks.ts'
import { limits } from '../../../host/limits.ts'
import { readInvite } from '../../../host/membership/invite-line.ts'
import { answerInvites, inviteProtocol } from '../../../host/membership/invite-protocol.ts'
import { answerInvite, type InviterNeeds, makeInvite } from '../../../host/membership/inviter.ts'
import { PrivateMembership } from '../../../host/membership/membership.ts'
import { OpenInvites } from '../../../host/membership/open-invites.ts'
import { openPeerNode, type PeerNode } from '../../../host/net/libp2p.ts'
import { framing } from '../../../host/net/message-stream.ts'
import { openRules } from '../../../host/rules/rules.ts'
import type { AgentKey } from '../../../host/types/events.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'
import { identityOf } from '../../harness/sim/identity.ts'

const now = 1_800_000_000_000
const rules = await openRules()
const stack = new AsyncDisposableStack()
let folder = ''
const local_name = 'family-0123456789'
const wish = { expiresAt: now + 60_000, once: false, delegate: false }

interface Machine {
  readonly node: PeerNode
  readonly membership: PrivateMembership
  /** Opens the membership as the machine's next run does. */
  again(): Promise<PrivateMembership>
  readonly inviter: InviterNeeds
  readonly agent: AgentKey
}

let ann: Machine
let nodes = 0

/** Opens a machine; without a founder it founds the network. */
async function machine(founder: string | null, invite: string | null = null): Promise<Machine> {
  const data = join(folder, `machine-${nodes++}`)
  const node = stack.use(await openPeerNode({ keyFile: join(folder, `${nodes}.key`) }))
  const none = { delegation: null, proof: null, asked_for: null }
  const network: PrivateNetwork = { ...none, local_name, founder: founder ?? node.key.publicKey, invite }
  const journal = new MemoryJournal()
  const open = () => PrivateMembership.open({ data, network, node, rules, journal, now: () => now })
  const membership = await open()
  const inviter: InviterNeeds = {
    network: { network: 'local', localName: local_name, seed: seedOf(local_name), server: null },
    membership,
    invites: await OpenInvites.read(journal, () => now),
    ...{ key: node.key, self: { agent: '', name: '' }, accept: async () => {} },
    addresses: () => node.addresses(),
  }
  stack.use(await answerInvites(node, (asked) => answerInvite(inviter, asked)))
  return { node, membership, again: open, inviter, agent: identityOf(`machine ${nodes}`).agent }
}

const founderKey = () => ann.membership.membrane.founder

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-join-'))
  ann = await machine(null)
})
afterAll(async () => {
  await stack.disposeAsync()
  await rm(folder, { recursive: true, force: true })
})

test('the founder signs its own membership', async () => {
  const proof = await ann.membership.proofOf(ann.agent)
  expect(ann.membership.refusal(ann.agent, proof)).toBeNull()
})

test('a machine with an invite is a member, and other members say so', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  const bob = await machine(founderKey(), line)
  const proof = await bob.membership.proofOf(bob.agent)
  expect(ann.membership.refusal(bob.agent, proof)).toBeNull()
  expect(proof.invite_expires_at).toBe(wish.expiresAt)
  expect(bob.membership.issuer).toBeNull()
  await expect(makeInvite(bob.inviter, wish)).rejects.toMatchObject({ code: 'RIPPLE_NOT_ISSUER' })
})

test('an invite for one machine refuses the next one with the reason', async () => {
  const { line } = await makeInvite(ann.inviter, { ...wish, once: true })
  const bob = await machine(founderKey(), line)
  await bob.membership.proofOf(bob.agent)
  const eve = await machine(founderKey(), line)
  await expect(eve.membership.proofOf(eve.agent)).rejects.toMatchObject({
    code: 'RIPPLE_INVITE_REFUSED',
    message: expect.stringContaining('another machine has joined with it already'),
  })
})

test("a delegate's invite works while the founder is away, and a member's delegate is none", async () => {
  const { line } = await makeInvite(ann.inviter, { ...wish, delegate: true })
  const dan = await machine(founderKey(), line)
  const own = await dan.membership.proofOf(dan.agent)
  expect(ann.membership.refusal(dan.agent, own)).toBeNull()
  const made = await makeInvite(dan.inviter, wish)
  const bob = await machine(founderKey(), made.line)
  const proof = await bob.membership.proofOf(bob.agent)
  expect(proof.issuer.key).toBe(dan.node.key.publicKey)
  expect(ann.membership.refusal(bob.agent, proof)).toBeNull()
  await expect(makeInvite(dan.inviter, { ...wish, delegate: true })).rejects.toMatchObject({
    code: 'RIPPLE_NOT_ISSUER',
  })
})

test("an invite of a machine that is no issuer is refused with the rules' reason", async () => {
  const thief = await machine(null)
  const { line } = await makeInvite(thief.inviter, wish)
  const bob = await machine(founderKey(), line)
  await expect(bob.membership.proofOf(bob.agent)).rejects.toMatchObject({
    code: 'RIPPLE_NOT_MEMBER',
    message: expect.stringContaining('the issuer is not the founder'),
  })
})

test('an inviter that is away is named as the reason, and a later try asks for the same key', async () => {
  const away = await openPeerNode({ keyFile: join(folder, 'away.key') })
  const inviter = { ...ann.inviter, key: away.key, addresses: () => ['/ip4/127.0.0.1/tcp/9'] }
  await away[Symbol.asyncDispose]()
  const { line } = await makeInvite(inviter, wish)
  const bob = await machine(founderKey(), line)
  await expect(bob.membership.proofOf(bob.agent)).rejects.toMatchObject({
    code: 'RIPPLE_INVITER_UNREACHABLE',
  })
  expect(bob.membership.askedFor).toBe(bob.agent)
})

test('a machine without an invite and without a proof is refused', async () => {
  const eve = await machine(founderKey())
  await expect(eve.membership.proofOf(eve.agent)).rejects.toMatchObject({ code: 'RIPPLE_NOT_MEMBER' })
  expect(ann.membership.refusal(eve.agent, undefined)).toBe(
    'a private network takes members with a membrane proof only',
  )
})

test('a revoked member is refused, whatever its proof says, and gets no other', async () => {
  const { line } = await makeInvite(ann.inviter, wish)
  const bob = await machine(founderKey(), line)
  const proof = await bob.membership.proofOf(bob.agent)
  const revocation = await ann.membership.revoke(bob.agent)
  const carl = await machine(founderKey())
  expect(carl.membership.take({ ...revocation, at: revocation.at + 1 })).toBe(false)
  expect(carl.membership.refusal(bob.agent, proof)).toBeNull()
  expect([carl.membership.take(revocation), carl.membership.take(revocation)]).toEqual([true, false])
  expect(carl.membership.refusal(bob.agent, proof)).toBe('its membership was revoked')
  const restarted = await carl.again()
  expect(restarted.refusal(bob.agent, proof)).toBe('its membership was revoked')
  ann.membership.take(revocation)
  const { id } = await readInvite(line, now)
  const again = { id, seed: seedOf(local_name), agent: bob.agent, peerKey: bob.node.key.publicKey }
  expect(await answerInvite(ann.inviter, again)).toEqual({ refused: 'its membership was revoked' })
  await expect(bob.membership.revoke(ann.agent)).rejects.toMatchObject({ code: 'RIPPLE_NOT_ISSUER' })
})

test.each<[string, Uint8Array]>([
  ['that is no message', new Uint8Array([0xc1, 0xff])],
  ['of other fields', encode({ id: '00', seed: 'x', agent: 'y', more: 1 })],
  ['beyond the bound', new Uint8Array(2 * limits.invite_frame_bytes_max)],
])('a request %s ends its stream, and the next one is answered', async (_what, bytes) => {
  const stranger = await machine(founderKey())
  const signal = AbortSignal.timeout(5_000)
  const at = { peerId: ann.node.peerId, addresses: ann.node.addresses() }
  const connection = await stranger.node.connect(at, signal)
  const stream = await connection.newStream(inviteProtocol, { signal })
  const frames = lpStream(stream, framing)
  const answered = frames.write(bytes, { signal }).then(() => frames.read({ signal }))
  await expect(answered).rejects.toThrow()
  const { line } = await makeInvite(ann.inviter, wish)
  const bob = await machine(founderKey(), line)
  await expect(bob.membership.proofOf(bob.agent)).resolves.toHaveProperty('signature')
})

test('the membrane of a network holds its founder and its seed', () => {
  const none = { delegation: null, proof: null, asked_for: null, invite: null }
  expect(membraneOf({ ...none, local_name, founder: 'ab' })).toEqual({
    founder: 'ab',
    network: 'ripple-local-family-0123456789',
  })
})
