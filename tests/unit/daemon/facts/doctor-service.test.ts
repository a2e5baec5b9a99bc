// Compares two machines of this process over libp2p: each tells its facts, and tries to reach the other.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkPair } from '../../../../host/doctor/check-pair.ts'
import { likelyCause } from '../../../../host/doctor/likely-cause.ts'
import { doctorProtocol } from '../../../../host/net/doctor-stream.ts'
import { decodeMessage, encodeMessage } from '../../../../host/net/frame.ts'
import type { PeerAddress } from '../../../../host/net/libp2p.ts'
import type { MessageHandler } from '../../../../host/net/port.ts'
import { agentOf, type DoctorMachine, doctorMachine } from '../../../harness/doctor-machine.ts'

const { signal } = new AbortController()
let folder = ''
const opened: AsyncDisposable[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-compare-'))
})
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Handlers of messages by agent, and whether the conductors pass messages on. */
const handlers = new Map<string, MessageHandler[]>()
let passesOn = false
beforeEach(() => {
  handlers.clear()
  passesOn = false
})

/** Opens a machine on loopback, which other machines of this process reach by message too if `passesOn`. */
async function machine(name: string): Promise<DoctorMachine> {
  const made = await doctorMachine({
    ...{ folder, name, bootstrapUrl: 'http://127.0.0.1:9' },
    messages: {
      send: async (to, message) => {
        if (!passesOn) throw new TypeError('no way')
        // As on the way through the conductors.
        const copy = decodeMessage(encodeMessage(message))
        if (copy) for (const handler of handlers.get(to) ?? []) handler(agentOf(name), copy, 'signal')
      },
      onMessage: (handler) => {
        handlers.set(agentOf(name), [...(handlers.get(agentOf(name)) ?? []), handler])
        return () => {}
      },
    },
  })
  opened.push(made)
  return made
}

const addressOf = ({ node }: DoctorMachine): PeerAddress => ({
  peerId: node.peerId,
  addresses: node.addresses(),
})

/** Two machines that know each other by their cards. */
async function two(): Promise<[DoctorMachine, DoctorMachine]> {
  const [a, b] = [await machine('a'), await machine('b')]
  a.meet('b', addressOf(b))
  b.meet('a', addressOf(a))
  return [a, b]
}

describe('a comparison', () => {
  test('two machines tell each other their facts, and reach each other by TCP and UDP', async () => {
    const [a] = await two()
    const { here, pair } = await a.service.compare('b', signal)
    expect([here.name, pair.there?.name, pair.way]).toEqual(['a', 'b', 'stream'])
    expect(Math.abs(pair.skew_ms ?? Number.NaN)).toBeLessThan(2_000)
    for (const reach of [pair.out, pair.back])
      expect(reach).toMatchObject({ tcp: [{ result: 'open' }], udp: true, named: true })
    expect(likelyCause(checkPair(here, pair))).toBeNull()
  })

  test('a peer is found by the beginning of its key and by its peer id', async () => {
    const [a, b] = await two()
    for (const name of [b.node.peerId.slice(0, 20), b.node.peerId])
      expect((await a.service.compare(name, signal)).pair.name).toBe('b')
    await expect(a.service.compare('c', signal)).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNKNOWN' })
  })

  test('a machine without a card is answered on the LAN, and only its own address is tried', async () => {
    const [a, b] = [await machine('a'), await machine('b')]
    a.meet('b', addressOf(b))
    const { pair } = await a.service.compare('b', signal)
    expect(pair.there?.name).toBe('b')
    expect(pair.back?.tcp.map(({ address }) => address)).toEqual(
      a.node.addresses().map((address) => address.replace(/\/p2p\/.*/, '')),
    )
  })

  test('a peer that is gone is named with what its addresses answer', async () => {
    const [a, b] = await two()
    await b.node[Symbol.asyncDispose]()
    const { here, pair } = await a.service.compare('b', signal)
    expect(pair).toMatchObject({ way: 'none', there: null, out: { tcp: [{ result: 'refused' }] } })
    expect(likelyCause(checkPair(here, pair))?.detail).toMatch(/no daemon listens there/)
  })

  test('two machines that no stream connects compare through their conductors', async () => {
    const [a, b] = await two()
    passesOn = true
    a.meet('b', { peerId: b.node.peerId, addresses: ['/ip4/127.0.0.1/tcp/9'] })
    b.meet('a', { peerId: a.node.peerId, addresses: ['/ip4/127.0.0.1/tcp/9'] })
    const { here, pair } = await a.service.compare('b', signal)
    expect([here.name, pair.there?.name, pair.way]).toEqual(['a', 'b', 'conductor'])
    expect(Math.abs(pair.skew_ms ?? Number.NaN)).toBeLessThan(2_000)
    expect([pair.out?.udp, pair.back?.udp]).toEqual([null, null])
    expect(pair.back?.tcp).toMatchObject([{ result: 'open' }])
  })

  test('another machine at the address of a peer is noticed', async () => {
    const [a, b] = [await machine('a'), await machine('b')]
    const c = await machine('c')
    a.meet('b', {
      peerId: b.node.peerId,
      addresses: addressOf(c).addresses.map((one) => one.replace(/\/p2p\/.*/, '')),
    })
    const { here, pair } = await a.service.compare('b', signal)
    expect(likelyCause(checkPair(here, pair))?.detail).toMatch(/another peer answers at the address of b/)
  })

  test('a program that is silent at the address of a peer is noticed', async () => {
    const silent: Server = createServer(() => {})
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
    const at = silent.address()
    const a = await machine('a')
    const b = await machine('b')
    const port = typeof at === 'object' ? at?.port : 0
    a.meet('b', { peerId: b.node.peerId, addresses: [`/ip4/127.0.0.1/tcp/${port}`] })
    const { here, pair } = await a.service.compare('b', signal)
    silent.close()
    expect(likelyCause(checkPair(here, pair))?.detail).toMatch(/the daemon of b stands still/)
  }, 30_000)
})

describe('a machine that answers comparisons', () => {
  test.each([
    ['nothing', new Uint8Array([0, 0, 0, 0])],
    ['other bytes', new Uint8Array([0, 0, 0, 2, 0xc1, 0xc1])],
    ['a frame that is too long', new Uint8Array([0x7f, 0xff, 0xff, 0xff])],
  ])('a stream that brings %s is reset, and the next one is answered', async (_what, bytes) => {
    const [a, b] = await two()
    const connection = await a.node.connect(addressOf(b), signal)
    const stream = await connection.newStream(doctorProtocol)
    const closed = new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }))
    stream.send(bytes)
    await closed
    expect((await a.service.compare('b', signal)).pair.way).toBe('stream')
  })
})
