import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../host/limits.ts'
import { splitChunks } from '../../host/net/chunks.ts'
import { encodeMessage } from '../../host/net/frame.ts'
import { messageProtocol, tracedProtocol } from '../../host/net/message-stream.ts'
import {
  type DropReason,
  type MessagesNeeds,
  openMessages,
  type StreamMessages,
} from '../../host/net/messages.ts'
import type { Message } from '../../host/types/message.ts'
import { actionHash, agentKey } from '../unit/net/agents.ts'
import { messagesConformance, nextMessage } from './messages.ts'
import { type TestPeer, type TestPeers, testPeers } from './peers.ts'
import { openWire } from './wire.ts'

const blocks = '/ipfs/bitswap/1.2.0'
const claim: Message = { type: 'claim', task: actionHash('t') }
const deadline = () => AbortSignal.timeout(limits.message_send_ms)

/** Messages of a started node, with what they dropped. It accepts everybody by default. */
async function openOn(
  peers: TestPeers,
  peer: TestPeer,
  passOn: MessagesNeeds['passOn'] = null,
  accepts: MessagesNeeds['accepts'] = () => true,
) {
  const drops: DropReason[] = []
  const messages = await openMessages({
    self: peer.agent,
    node: peer.node,
    book: peers.book,
    accepts,
    passOn,
    onDrop: (reason) => drops.push(reason),
  })
  return { agent: peer.agent, messages, drops }
}

messagesConformance('libp2p streams', async () => {
  const peers = testPeers()
  const a = await openOn(peers, await peers.start('a'))
  const b = await openOn(peers, await peers.start('b'))
  return { a, b, [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose]() }
})

describe('messages with a trace context', () => {
  it('reach a peer of this release with it, and one of an older release without it', async () => {
    await using peers = testPeers()
    const [one, two] = [await peers.start('a'), await peers.start('b')]
    const [a, b] = [await openOn(peers, one), await openOn(peers, two)]
    const plain: Message = { type: 'offer', task: actionHash('t'), rank: 0, lease_ms: 1 }
    const traced = { ...plain, trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
    const got: Message[] = []
    b.messages.onMessage((_from, message) => got.push(message))
    const arrives = async (): Promise<Message | undefined> => {
      const before = got.length
      await a.messages.send(b.agent, traced, deadline())
      await expect.poll(() => got.length).toBe(before + 1)
      return got.at(-1)
    }
    await expect.poll(arrives).toEqual(traced)
    await two.node.libp2p.unhandle(tracedProtocol)
    await expect.poll(arrives).toEqual(plain)
  })
})

describe('messages on a network of strangers', () => {
  const present: Message = {
    type: 'present',
    presence: {
      addresses: [],
      availability: 'online',
      load: { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 },
      held_grants: 0,
      reply: false,
    },
    loaded: [],
    accepts: false,
  }

  it('takes presence alone from a machine that is not accepted, by stream and by signal', async () => {
    await using peers = testPeers()
    const a = await openOn(peers, await peers.start('a'))
    const b = await openOn(peers, await peers.start('b'), null, () => false)
    const got: string[] = []
    b.messages.onMessage((_from, { type }) => got.push(type))
    await expect(a.messages.send(b.agent, claim, deadline())).rejects.toMatchObject({
      code: 'RIPPLE_PEER_UNREACHABLE',
    })
    await a.messages.send(b.agent, present, deadline())
    await expect.poll(() => got).toEqual(['present'])
    for (const message of [claim, present])
      for (const piece of splitChunks(encodeMessage(message))) b.messages.receiveFallback(a.agent, piece)
    expect(got).toEqual(['present', 'present'])
    expect(new Set(b.drops)).toEqual(new Set(['unaccepted']))
  })

  it('sends nothing but presence to a machine that is not accepted', async () => {
    await using peers = testPeers()
    const accepted = new Set<string>()
    const a = await openOn(peers, await peers.start('a'), null, (agent) => accepted.has(agent))
    const b = await openOn(peers, await peers.start('b'))
    const got: string[] = []
    b.messages.onMessage((_from, { type }) => got.push(type))
    const refused = { code: 'RIPPLE_PEER_UNREACHABLE' }
    await expect(a.messages.send(b.agent, claim, deadline())).rejects.toMatchObject(refused)
    await a.messages.sendByStream(b.agent, present, deadline())
    accepted.add(b.agent)
    await a.messages.send(b.agent, claim, deadline())
    await expect.poll(() => got).toEqual(['present', 'claim'])
  })
})

describe('messages by stream, from a hostile peer', () => {
  let peers: TestPeers
  let victim: { agent: string; messages: StreamMessages; drops: DropReason[] }
  let victimPeer: TestPeer
  beforeEach(async () => {
    peers = testPeers()
    victimPeer = await peers.start('v')
    victim = await openOn(peers, victimPeer)
  })
  afterEach(() => peers[Symbol.asyncDispose]())

  /** A raw stream of the protocol, as an attacker would open it. */
  async function rawStream(attacker: TestPeer) {
    await attacker.node.libp2p.dial(victimPeer.node.addresses().map((address) => multiaddr(address)))
    return attacker.node.libp2p.dialProtocol(peerIdFromString(victimPeer.node.peerId), messageProtocol)
  }

  async function stillWorks() {
    const friend = await openOn(peers, await peers.start('f'))
    const arrived = nextMessage(victim.messages)
    await friend.messages.send(victim.agent, claim, deadline())
    expect((await arrived).from).toBe(friend.agent)
  }

  it('a peer that no card binds is refused', async () => {
    const stream = await rawStream(await peers.start('s', { bound: false }))
    await expect.poll(() => victim.drops).toEqual(['stranger'])
    await expect.poll(() => stream.status).not.toBe('open')
    await stillWorks()
  })

  it.each([
    ['garbage', new Uint8Array([0, 0, 0, 4, 0xc1, 0xff, 0, 1]), 'malformed'],
    ['another shape', new Uint8Array([0, 0, 0, 1, 0xc0]), 'malformed'],
    ['a length beyond the bound', new Uint8Array([0xff, 0xff, 0xff, 0xff, 0]), 'broken_stream'],
  ])('a peer that sends %s is dropped', async (_what, bytes, reason) => {
    const stream = await rawStream(await peers.start('h'))
    stream.send(bytes)
    await expect.poll(() => victim.drops).toEqual([reason])
    await expect.poll(() => stream.status).not.toBe('open')
    await stillWorks()
  })

  it('a peer that never finishes its message is dropped', async () => {
    const stream = await rawStream(await peers.start('l'))
    stream.send(new Uint8Array([0, 0, 1, 0, 0x81]))
    await stillWorks()
    await expect
      .poll(() => victim.drops, { timeout: limits.message_send_ms + 2_000 })
      .toEqual(['broken_stream'])
  })

  it('a peer cannot hold more streams than its share', async () => {
    const attacker = await peers.start('m')
    for (let at = 0; at < limits.messages_in_flight_max + 4; at += 1) {
      await rawStream(attacker)
    }
    await expect.poll(() => victim.drops.filter((reason) => reason === 'over_limit').length).toBe(4)
    await stillWorks()
  })
})

describe('messages without a stream', () => {
  let peers: TestPeers
  beforeEach(() => {
    peers = testPeers()
  })
  afterEach(() => peers[Symbol.asyncDispose]())

  it('a message without a stream goes through the conductor in pieces and arrives whole', async () => {
    const a = await peers.start('a')
    const b = await openOn(peers, await peers.start('b', { bound: false }))
    const pieces: number[] = []
    const sender = await openOn(peers, a, async (_to, bytes) => {
      pieces.push(bytes.length)
      b.messages.receiveFallback(a.agent, bytes)
    })
    const payload = new Uint8Array(limits.message_chunk_bytes_max + 1).fill(9)
    const message: Message = {
      type: 'payload',
      task: actionHash('t'),
      attempt: 1,
      salt: new Uint8Array(32),
      payload,
      prefix: '',
    }
    const arrived = nextMessage(b.messages)
    await sender.messages.send(b.agent, message, deadline())
    expect(pieces.length).toBe(2)
    expect((await arrived).from).toBe(a.agent)
  })

  it("a message goes through the conductor when the peer's node is gone", async () => {
    const a = await peers.start('a')
    const gone = await peers.start('g')
    await gone.node[Symbol.asyncDispose]()
    const passed: string[] = []
    const sender = await openOn(peers, a, async (to) => {
      passed.push(to)
    })
    await sender.messages.send(gone.agent, claim, deadline())
    expect(passed).toEqual([gone.agent])
  })

  it('a message by stream alone passes those that wait for the conductor', async () => {
    const a = await peers.start('a')
    const gone = await peers.start('g')
    await gone.node[Symbol.asyncDispose]()
    const stuck = Promise.withResolvers<void>()
    const passed: string[] = []
    const sender = await openOn(peers, a, async (to) => {
      passed.push(to)
      await stuck.promise
    })
    const waiting = Array.from({ length: limits.messages_in_flight_max + 1 }, () =>
      sender.messages.send(gone.agent, claim, deadline()),
    )
    const sent = sender.messages.sendByStream(gone.agent, claim, deadline())
    await expect(sent).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNREACHABLE' })
    const b = await openOn(peers, await peers.start('b'))
    const arrived = nextMessage(b.messages)
    await sender.messages.sendByStream(b.agent, claim, deadline())
    expect((await arrived).from).toBe(a.agent)
    expect(passed).not.toContain(b.agent)
    stuck.resolve()
    await Promise.all(waiting)
  })

  it('messages in both directions go over a new connection when the old one is silent', async () => {
    const [a, far] = [await peers.start('a'), await peers.start('f', { bound: false })]
    await using wire = await openWire(far.node.addresses()[0] ?? '')
    peers.bind({ ...far, node: { ...far.node, addresses: () => [wire.address] } })
    const passed: string[] = []
    const passOn = async (to: string) => void passed.push(to)
    const [near, other] = [await openOn(peers, a, passOn), await openOn(peers, far, passOn)]
    await near.messages.send(far.agent, claim, deadline())
    wire.hold()
    const arrived = [nextMessage(other.messages), nextMessage(near.messages)]
    await near.messages.send(far.agent, claim, deadline())
    await other.messages.send(a.agent, claim, deadline())
    expect((await Promise.all(arrived)).map(({ from }) => from)).toEqual([a.agent, far.agent])
    expect({ passed, connections: wire.connections() }).toEqual({ passed: [], connections: 2 })
    await expect.poll(() => a.node.libp2p.getConnections().length).toBe(1)
  })

  it('a slow connection that carries blocks is left alone, and few others are dialled', async () => {
    const [a, far] = [await peers.start('a'), await peers.start('f', { bound: false })]
    await using wire = await openWire(far.node.addresses()[0] ?? '')
    peers.bind({ ...far, node: { ...far.node, addresses: () => [wire.address] } })
    const near = await openOn(peers, a)
    await openOn(peers, far)
    await far.node.libp2p.handle(blocks, () => {})
    for (let times = 0; times < limits.peer_connections_each_max; times++) {
      await near.messages.send(far.agent, claim, deadline())
      const [newest] = a.node.libp2p.getConnections().toSorted((x, y) => y.timeline.open - x.timeline.open)
      await newest?.newStream(blocks)
      wire.hold()
    }
    const sent = near.messages.send(far.agent, claim, AbortSignal.timeout(2 * limits.message_word_ms))
    await expect(sent).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNREACHABLE' })
    expect(wire.connections()).toBe(limits.peer_connections_each_max)
    expect(a.node.libp2p.getConnections().length).toBe(limits.peer_connections_each_max)
  })

  it('a message without any way fails as unreachable before its deadline', async () => {
    const sender = await openOn(peers, await peers.start('a'))
    const gone = await peers.start('g')
    await gone.node[Symbol.asyncDispose]()
    const sent = sender.messages.send(gone.agent, claim, deadline())
    await expect(sent).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNREACHABLE' })
    await expect(sender.messages.send(agentKey('q'), claim, deadline())).rejects.toMatchObject({
      code: 'RIPPLE_PEER_UNKNOWN',
    })
  })
})
