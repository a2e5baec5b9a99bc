/** Members that reach each other through a third one alone, over real nodes. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openHelia } from '../../host/artifacts/helia.ts'
import { membersOnly } from '../../host/net/address-book.ts'
import { isRelayed, openTo } from '../../host/net/connect.ts'
import { openMessages } from '../../host/net/messages.ts'
import type { RelayOffer } from '../../host/net/relay.ts'
import type { Message } from '../../host/types/message.ts'
import { actionHash } from '../unit/net/agents.ts'
import { type TestPeer, type TestPeers, testPeers } from './peers.ts'

const MiB = 1024 * 1024

/** A relayed connection of these tests ends after so many bytes: two of bitswap's largest messages. */
const smaller = vi.hoisted(() => ({
  relay_connection_bytes_max: 8 * 1024 * 1024,
  relay_look_ms: 200,
  relay_patience_ms: 0,
}))
vi.mock(import('../../host/limits.ts'), async (original) => {
  const { limits: real, ...rest } = await original()
  return { ...rest, limits: Object.assign({}, real, smaller) }
})

const claim: Message = { type: 'claim', task: actionHash('t') }
const soon = () => AbortSignal.timeout(20_000)

let peers: TestPeers
let stack: AsyncDisposableStack
beforeEach(() => {
  peers = testPeers()
  stack = new AsyncDisposableStack()
  stack.use(peers)
})
afterEach(() => stack[Symbol.asyncDispose]())

/** A member that nobody reaches directly, with messages and blocks. */
async function hidden(letter: string, bound = true) {
  const peer = await peers.start(letter, { relay: 'off', hidden: true, bound })
  const { agent, node, folder } = peer
  const { book } = peers
  const heard: Message[] = []
  const messages = stack.use(
    await openMessages({ self: agent, node, book, accepts: () => true, passOn: null, onDrop: () => {} }),
  )
  messages.onMessage((_from, message) => heard.push(message))
  const helia = stack.use(
    await openHelia({
      libp2p: membersOnly(node.libp2p, book, () => {}),
      folder: join(folder, 'ipfs'),
      connect: async (other, signal) => {
        const found = book.lookup(other)
        if (found !== null) await node.connect(found, signal)
      },
    }),
  )
  return { ...peer, messages, helia, heard }
}

/** Connects members to a machine, which may relay, as their beats do. */
async function connectTo(relay: TestPeer, ...members: readonly TestPeer[]): Promise<void> {
  const there = { peerId: relay.node.peerId, addresses: relay.node.addresses() }
  for (const { node } of members) await node.connect(there, soon())
}

const places = ({ node }: TestPeer) => node.addresses().filter((address) => address.includes('/p2p-circuit'))
const pathTo = ({ node }: TestPeer, to: TestPeer) => {
  const [open] = openTo(node.libp2p, peerIdFromString(to.node.peerId))
  return open === undefined ? 'none' : isRelayed(open) ? 'relayed' : 'direct'
}

/** Two hidden members with a place at a third one. */
async function behindRelay() {
  const relay = await peers.start('r', { relay: 'on' })
  const [a, b] = [await hidden('a'), await hidden('b')]
  await connectTo(relay, a, b)
  // The beat of each comes through the conductor.
  a.node.heard(b.node.peerId)
  b.node.heard(a.node.peerId)
  await expect
    .poll(() => [places(a).length > 0, places(b).length > 0], { timeout: 10_000 })
    .toEqual([true, true])
  return { relay, a, b }
}

test('members that reach only a relay exchange messages and answers through it', async () => {
  const { a, b } = await behindRelay()
  await a.messages.send(b.agent, claim, soon())
  expect(b.heard).toEqual([claim])
  const stream = b.messages.stream(a.agent, soon())
  const piece = { type: 'tokens', task: actionHash('t'), attempt: 1, offset: 0, tokens_out: 1 } as const
  stream.write({ ...piece, text: 'a whole answer', last: true })
  stream.end()
  await expect.poll(() => a.heard).toEqual([{ ...piece, text: 'a whole answer', last: true }])
  expect([pathTo(a, b), pathTo(b, a)]).toEqual(['relayed', 'relayed'])
})

test.each([5, 12])(
  '%i MiB arrive through relayed connections, each of which ends after 8 MiB',
  async (mib) => {
    const { a, b } = await behindRelay()
    const output = randomBytes(mib * MiB)
    const cid = await b.helia.add(output, soon())
    expect(output.equals(await a.helia.get(cid, [b.agent], soon()))).toBe(true)
    expect(pathTo(a, b)).toBe('relayed')
  },
)

test('a member with a direct address is dialled there, although a relay reaches it too', async () => {
  const relay = await peers.start('r', { relay: 'on' })
  const [a, b] = [await hidden('a'), await peers.start('b', { relay: 'off' })]
  await connectTo(relay, a, b)
  b.node.heard(a.node.peerId)
  await expect.poll(() => places(b).length).toBeGreaterThan(0)
  await connectTo(b, a)
  expect(pathTo(a, b)).toBe('direct')
})

test('a stranger gets no place at a relay, and reaches no member through it', async () => {
  const { relay, a } = await behindRelay()
  const stranger = await hidden('s', false)
  await stranger.node.libp2p.dial(relay.node.addresses().map((address) => multiaddr(address)))
  const [through = ''] = places(a)
  await expect(stranger.node.libp2p.dial(multiaddr(through))).rejects.toThrow()
  await expect(
    a.node.libp2p.dial(multiaddr(through.replace(a.node.peerId, stranger.node.peerId))),
  ).rejects.toThrow()
  expect([places(stranger), pathTo(stranger, a)]).toEqual([[], 'none'])
})

test('an address through a stranger is not dialled', async () => {
  const relay = await peers.start('s', { relay: 'on', bound: false })
  const [a, b] = [await hidden('a'), await hidden('b')]
  const address = `${relay.node.addresses()[0]}/p2p-circuit/p2p/${b.node.peerId}`
  await expect(a.node.connect({ peerId: b.node.peerId, addresses: [address] }, soon())).rejects.toThrow()
  expect(a.node.libp2p.getConnections()).toEqual([])
})

test.each<RelayOffer>(['off', 'auto'])(
  'a machine with relay: %s that no other machine reached gives no places',
  async (offer) => {
    const quiet = await peers.start('q', { relay: offer })
    const [a, b] = [await hidden('a'), await hidden('b')]
    // A machine with a network card announces no loopback address.
    const nearby = quiet.node.addresses()[0]?.replace(/^\/ip4\/[\d.]+/, '/ip4/127.0.0.1') ?? ''
    await a.node.connect({ peerId: quiet.node.peerId, addresses: [nearby] }, soon())
    a.node.heard(b.node.peerId)
    await expect.poll(() => pathTo(quiet, a)).toBe('direct')
    const offered = quiet.node.libp2p
      .getProtocols()
      .filter((name) => name.includes('circuit/relay/0.2.0/hop'))
    expect([offered, places(a)]).toEqual([[], []])
  },
)

test('a member that is reached directly asks for no place', async () => {
  const relay = await peers.start('r', { relay: 'on' })
  const [a, b] = [await hidden('a'), await peers.start('b', { relay: 'off' })]
  await connectTo(relay, a, b)
  await connectTo(b, a)
  b.node.heard(a.node.peerId)
  await expect.poll(() => pathTo(b, a)).toBe('direct')
  await expect.poll(() => b.node.libp2p.getConnections().length).toBe(2)
  expect([places(a), places(b)]).toEqual([[], []])
})
