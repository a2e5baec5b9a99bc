/** Tests what daemons say and carry before they know each other's cards, with real libp2p nodes on loopback. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test, vi } from 'vitest'
import { type LanRendezvous, openLanRendezvous } from '../../host/daemon/peers/lan-rendezvous.ts'
import { carryForwards, openForward } from '../../host/net/forward-stream.ts'
import { answerGreetings, type Greeting, sendGreeting } from '../../host/net/rendezvous-stream.ts'
import { type Forwarder, openForwarder } from '../../host/processes/forwarder.ts'
import { systemClock } from '../../host/work/context/clock.ts'
import { type TestPeer, testPeers } from './peers.ts'

const never = new AbortController().signal
const [here, elsewhere] = ['a'.repeat(64), 'b'.repeat(64)]

let stack = new AsyncDisposableStack()
afterEach(async () => {
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
})

const greeting = (changes: Partial<Greeting> = {}): Greeting => ({
  network: here,
  version: '0.0.1',
  dnas: [],
  sighting: null,
  able: true,
  addresses: ['/ip4/10.0.0.7/tcp/4001'],
  sees: [],
  infos: [],
  ...changes,
})

/** Starts nodes that are connected in a row, each to the next. */
async function row(count: number): Promise<TestPeer[]> {
  const peers = stack.use(testPeers())
  const nodes = await Promise.all(Array.from('abcdef'.slice(0, count), (letter) => peers.start(letter)))
  for (const [index, { node }] of nodes.slice(1).entries())
    await nodes[index]?.node.connect({ peerId: node.peerId, addresses: node.addresses() }, never)
  return nodes
}

/** Starts a server that answers with all that it has got once the client has ended. */
async function echo(): Promise<{ port: number; opened: Socket[] }> {
  const opened: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    opened.push(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    for (const socket of opened) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, opened }
}

function toPort(port: number): () => Promise<Duplex> {
  return async () => tcpConnect({ port, host: '127.0.0.1', allowHalfOpen: true })
}

test('peers exchange greetings, and a greeting of another network gets no answer', async () => {
  const [ann, bob] = (await row(2)) as [TestPeer, TestPeer]
  const taken: Greeting[] = []
  const refused: string[] = []
  stack.use(
    await answerGreetings({
      node: bob.node,
      network: here,
      answer: (_peer, got) => {
        taken.push(got)
        return greeting({ version: 'bob' })
      },
      onRefused: (_peer, reason) => refused.push(reason),
    }),
  )
  const to = async (mine: Greeting) =>
    sendGreeting(await ann.node.connect({ peerId: bob.node.peerId, addresses: [] }, never), mine, never)
  const relayed = `/ip6/${Array(8).fill('2001').join(':')}/tcp/65535/p2p/${bob.node.peerId}/p2p-circuit/p2p/${ann.node.peerId}`
  const whole = greeting({
    addresses: [relayed],
    sees: [{ peer: ann.node.peerId, addresses: [relayed] }],
    infos: ['{}'],
  })
  expect(await to(whole)).toMatchObject({ version: 'bob' })
  expect(taken).toEqual([whole])
  await expect(to(greeting({ network: elsewhere }))).rejects.toThrow()
  await expect(to(greeting({ infos: Array(100).fill('x') }))).rejects.toThrow()
  await expect(to({ ...greeting(), sighting: 7 } as unknown as Greeting)).rejects.toThrow()
  expect(refused).toEqual(['another_network', 'malformed', 'malformed'])
  expect(taken).toHaveLength(1)
})

test('a connection is carried over several machines, whole and both ways', async () => {
  const [ann, bob, cleo] = (await row(3)) as [TestPeer, TestPeer, TestPeer]
  const { port } = await echo()
  const onRefused = () => {}
  const isGreeted = () => true
  const onBob = { node: bob.node, isGreeted, onRefused }
  stack.use(
    await carryForwards({ ...onBob, onward: (hops) => openForward(bob.node, cleo.node.peerId, hops) }),
  )
  stack.use(await carryForwards({ node: cleo.node, isGreeted, onRefused, onward: toPort(port) }))
  const sent = randomBytes(5 * 1024 * 1024)
  const way = await openForward(ann.node, bob.node.peerId, 8)
  way.end(sent)
  expect(sent.equals(await buffer(way))).toBe(true)
})

test('a connection of a stranger is refused, and one that ends on either side ends on the other', async () => {
  const [ann, bob] = (await row(2)) as [TestPeer, TestPeer]
  const { port, opened } = await echo()
  const greeted = new Set<string>()
  const refused: string[] = []
  stack.use(
    await carryForwards({
      node: bob.node,
      isGreeted: (peer) => greeted.has(peer),
      onward: toPort(port),
      onRefused: (_peer, reason) => refused.push(reason),
    }),
  )
  const open = () => openForward(ann.node, bob.node.peerId, 1)
  const ended = (way: Duplex) => new Promise((done) => way.once('close', done))
  const first = await open()
  first.write('x')
  await ended(first.resume())
  expect(refused).toEqual(['stranger'])
  greeted.add(ann.node.peerId)
  const [second, third] = [await open(), await open()]
  for (const way of [second, third]) {
    way.write('x')
    await once(way, 'data')
  }
  second.destroy()
  await vi.waitFor(() => expect(opened[0]?.destroyed).toBe(true))
  opened[1]?.destroy()
  await once(third.resume(), 'end')
})

/** A daemon's part in the rendezvous; its bootstrap server is a server that says its name. */
interface Member extends AsyncDisposable {
  readonly name: string
  readonly forwarder: Forwarder
  readonly rendezvous: LanRendezvous
}

async function member(peer: TestPeer, name: string, port: number): Promise<Member> {
  const opening = new AsyncDisposableStack()
  const seed = 'ripple-local-test'
  const forwarder = opening.use(await openForwarder({ seed, port, target: null }))
  const startServer = async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const listening = `127.0.0.1:${(server.address() as { port: number }).port}`
    return {
      url: `http://${listening}`,
      listening,
      [Symbol.asyncDispose]: async () => void server.close(),
    }
  }
  const emit = () => undefined
  const needs = { node: peer.node, forwarder, seed, peers: [], clock: systemClock, emit, startServer }
  const rendezvous = opening.use(await openLanRendezvous(needs))
  return { name, forwarder, rendezvous, [Symbol.asyncDispose]: () => opening.disposeAsync() }
}

test('daemons of one machine meet by the forwarder, choose one server, and another one when it has gone', async () => {
  const peers = stack.use(testPeers())
  const port = 20_000 + Math.floor(Math.random() * 1_000)
  const members: Member[] = []
  for (const letter of ['a', 'b', 'c'])
    members.push(stack.use(await member(await peers.start(letter), letter, port)))
  const [first] = members as [Member]
  const answers = async (of: readonly Member[]) => {
    const said = await Promise.all(of.map(async ({ forwarder }) => (await fetch(forwarder.url)).text()))
    return [...new Set(said)]
  }
  const placed = (of: readonly Member[]) => of.map(({ rendezvous }) => rendezvous.serverPlace().at).sort()
  await vi.waitFor(() => expect(placed(members)).toEqual(['here', 'peer', 'peer']), 15_000)
  await vi.waitFor(async () => expect(await answers(members)).toHaveLength(1), 15_000)
  await first[Symbol.asyncDispose]()
  const left = members.slice(1)
  await vi.waitFor(() => expect(placed(left)).toEqual(['here', 'peer']), 20_000)
  await vi.waitFor(async () => {
    const [name = ''] = await answers(left)
    expect(['b', 'c']).toContain(name)
  }, 15_000)
}, 60_000)

test('a daemon whose conductor starts late still knows the agent infos that it was told before', async () => {
  const peers = stack.use(testPeers())
  const port = 21_000 + Math.floor(Math.random() * 1_000)
  const ann = stack.use(await member(await peers.start('a'), 'a', port))
  const own = { key: 'one', infos: ['an info of ann'], dnas: [] }
  const learnInfos = async () => {}
  stack.use(ann.rendezvous.exchangeInfos({ ownInfos: async () => own, learnInfos }))
  const bob = stack.use(await member(await peers.start('b'), 'b', port))
  const placed = () => [ann, bob].map(({ rendezvous }) => rendezvous.serverPlace().at).sort()
  // They greet each other several times meanwhile, and tell their infos the first time.
  await vi.waitFor(() => expect(placed()).toEqual(['here', 'peer']), 15_000)
  const learned: string[] = []
  const source = {
    ownInfos: async () => ({ key: '', infos: [], dnas: [] }),
    learnInfos: async (infos: readonly string[]) => void learned.push(...infos),
  }
  stack.use(bob.rendezvous.exchangeInfos(source))
  expect(learned).toEqual(own.infos)
}, 30_000)
