import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../host/limits.ts'
import { decodeMessage, encodeMessage } from '../../host/net/frame.ts'
import { framing, messageProtocol } from '../../host/net/message-stream.ts'
import {
  type DropReason,
  type MessagesNeeds,
  openMessages,
  type StreamMessages,
} from '../../host/net/messages.ts'
import { streamProtocol } from '../../host/net/token-stream.ts'
import type { Message, TokensMessage } from '../../host/types/message.ts'
import { AnswerTexts } from '../../host/work/context/answer-texts.ts'
import { forever } from '../harness/forever.ts'
import { actionHash } from '../unit/net/agents.ts'
import { type TestPeer, type TestPeers, testPeers } from './peers.ts'
import { openWire } from './wire.ts'

/** Shorter than the real ones, because these tests wait for them. */
const shorter = vi.hoisted(() => ({
  token_send_ms: 800,
  message_word_ms: 500,
  message_stream_ms: 200,
  token_stream_idle_ms: 1_500,
  token_streams_tried_max: 3,
}))
vi.mock(import('../../host/limits.ts'), async (original) => {
  const { limits: real, ...rest } = await original()
  return { ...rest, limits: Object.assign({}, real, shorter) }
})

const task = actionHash('t')
/** Longest text that is read here, in bytes: more than a stream takes on its way. */
const most = 2 * limits.peer_stream_window_bytes

function piece(offset: number, text: string, last = false): TokensMessage {
  return { type: 'tokens', task, attempt: 1, offset, text, tokens_out: offset + 1, last }
}

let peers: TestPeers
let worker: TestPeer
let poster: TestPeer
beforeEach(async () => {
  peers = testPeers()
  worker = await peers.start('w')
  poster = await peers.start('p')
})
afterEach(() => peers[Symbol.asyncDispose]())

interface Opened {
  readonly messages: StreamMessages
  readonly drops: DropReason[]
}

async function open({ agent, node }: TestPeer, passOn: MessagesNeeds['passOn'] = null): Promise<Opened> {
  const drops: DropReason[] = []
  const onDrop = (reason: DropReason) => void drops.push(reason)
  return {
    drops,
    messages: await openMessages({
      self: agent,
      node,
      book: peers.book,
      accepts: () => true,
      passOn,
      onDrop,
    }),
  }
}

/** The pieces that a poster gets, and what it makes of them. */
function reading(
  { messages }: Pick<Opened, 'messages'>,
  answers: (got: number) => unknown = () => undefined,
) {
  const texts = new AnswerTexts()
  const got: TokensMessage[] = []
  messages.onMessage((from, message) => {
    if (message.type !== 'tokens') return
    expect(from).toBe(worker.agent)
    got.push(message)
    texts.take(task, message, most)
    return answers(got.length)
  })
  return { got, text: () => texts.get(task), isWhole: () => got.some(({ last }) => last) }
}

/** From now on a machine takes in answers by stream alone. */
const byStreamOnly = ({ node }: TestPeer) => node.libp2p.unhandle(messageProtocol)
/** Connects the worker to the poster, so that no first dial counts against the short bounds of these tests. */
const meet = ({ node } = poster) =>
  worker.node.connect({ peerId: node.peerId, addresses: node.addresses() }, forever)
/** The streams of answers that a machine has. */
const streamsAt = ({ node }: TestPeer): Stream[] =>
  node.libp2p
    .getConnections()
    .flatMap(({ streams }) => streams.filter(({ protocol }) => protocol === streamProtocol))
const openAt = (peer: TestPeer): number => streamsAt(peer).length

describe('an answer by stream', () => {
  test('an answer by stream arrives whole and in order, and its stream ends with it', async () => {
    const read = reading(await open(poster))
    await byStreamOnly(poster)
    await meet()
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    let text = ''
    for (let at = 0; at < 500; at += 1) {
      const word = `${at} \u{1F600} `
      stream.write(piece(text.length, word, at === 499))
      text += word
    }
    stream.end()
    await expect.poll(read.isWhole).toBe(true)
    expect(read.text()).toBe(text)
    // Nothing overlaps and nothing is missing: each piece begins where the one before ended.
    const ends = read.got.map(({ offset, text }) => offset + text.length)
    expect(read.got.map(({ offset }) => offset)).toEqual([0, ...ends.slice(0, -1)])
    await expect.poll(() => [openAt(worker), openAt(poster)]).toEqual([0, 0])
  })

  test('a streamed answer has one listener at its worker, however many pieces it has', async () => {
    const read = reading(await open(poster))
    await byStreamOnly(poster)
    await meet()
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    for (let at = 0; at < 5; at += 1) {
      stream.write(piece(at, 'x', at === 4))
      await expect.poll(() => read.got.length).toBe(at + 1)
    }
    expect(streamsAt(worker).map((one) => one.listenerCount('message'))).toEqual([1])
    stream.end()
  })

  test('a streamed answer is not cut within a character', async () => {
    const read = reading(await open(poster))
    await byStreamOnly(poster)
    await meet()
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    const text = `x${'\u{1F600}'.repeat(limits.token_piece_chars_max)}`
    stream.write(piece(0, text, true))
    await expect.poll(read.isWhole).toBe(true)
    expect(read.text() === text).toBe(true)
    expect(read.got.length).toBeGreaterThan(2)
  })

  test('a streamed answer goes on where an earlier attempt ended', async () => {
    const read = reading(await open(poster))
    await byStreamOnly(poster)
    await meet()
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    stream.write(piece(70_000, 'so on', true))
    await expect.poll(() => read.got).toEqual([piece(70_000, 'so on', true)])
  })
})

/** Takes the streams of answers itself, in place of the daemon, and keeps what each brings until `ended` says so. */
async function takeStreams(taken: (stream: Stream, place: number) => Promise<void>): Promise<Stream[]> {
  const streams: Stream[] = []
  await poster.node.libp2p.unhandle(streamProtocol)
  await poster.node.libp2p.handle(streamProtocol, (stream: Stream, _connection: Connection) => {
    streams.push(stream)
    void taken(stream, streams.length).catch(() => undefined)
  })
  return streams
}

describe('a broken stream', () => {
  test('a broken stream is replaced by one that brings all that may be lost', async () => {
    const got: TokensMessage[][] = []
    const read = await open(poster)
    await takeStreams(async (stream, place) => {
      const frames = lpStream(stream, framing)
      const here: TokensMessage[] = []
      got.push(here)
      for (;;) {
        const message = decodeMessage((await frames.read()).subarray())
        if (message?.type !== 'tokens') return
        here.push(message)
        if (place === 1 && here.length === 2) stream.abort(new DOMException('cut', 'AbortError'))
      }
    })
    await meet()
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    const texts = new AnswerTexts()
    const text = () => {
      for (const message of got.flat()) texts.take(task, message, most)
      return texts.get(task)
    }
    const words = ['one ', 'two ', 'three ', 'four']
    for (const [at, word] of words.entries()) {
      const offset = words.slice(0, at).join('').length
      stream.write(piece(offset, word, at === words.length - 1))
      await expect.poll(() => text().length).toBeGreaterThanOrEqual(offset + 1)
    }
    await expect.poll(text).toBe(words.join(''))
    expect(got.length).toBe(2)
    expect(got[1]?.[0]?.offset).toBe(0)
    expect(read.drops).toEqual([])
  })

  test('the pieces go as messages once several streams have broken', async () => {
    const at = await open(poster)
    const read = reading(at)
    const streams = await takeStreams(async (stream) => stream.abort(new DOMException('cut', 'AbortError')))
    await meet()
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    let text = ''
    const say = (word: string, last = false) => {
      stream.write(piece(text.length, word, last))
      text += word
    }
    const tried = () => {
      if (streams.length < limits.token_streams_tried_max) say(`${streams.length} `)
      return streams.length
    }
    await expect.poll(tried).toBe(limits.token_streams_tried_max)
    for (const word of ['and ', 'so ', 'on ']) say(word)
    say('to the end', true)
    stream.end()
    await expect.poll(read.isWhole).toBe(true)
    expect([read.text(), streams.length]).toEqual([text, limits.token_streams_tried_max])
  })

  test('a stream that nobody reads holds nobody up and ends once all is written', async () => {
    await open(poster)
    const streams = await takeStreams(async (stream) => stream.pause())
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    const begun = performance.now()
    for (let at = 0; at < 100; at += 1) stream.write(piece(at * 10_000, 'x'.repeat(10_000), at === 99))
    stream.end()
    expect(performance.now() - begun).toBeLessThan(limits.token_send_ms)
    await expect.poll(() => openAt(worker)).toBe(1)
    await expect.poll(() => openAt(worker), { timeout: limits.token_stream_idle_ms + 3_000 }).toBe(0)
    expect(streams.length).toBeLessThanOrEqual(limits.token_streams_tried_max)
  })

  test('a stream whose wire is silent is given up, and the pieces go through the conductor', async () => {
    await using wire = await openWire(poster.node.addresses()[0] ?? '')
    const far = { ...poster, node: { ...poster.node, addresses: () => [wire.address] } }
    peers.bind(far)
    const at = await open(poster)
    const read = reading(at)
    const passed: number[] = []
    const passOn: MessagesNeeds['passOn'] = async (_to, bytes) => {
      passed.push(bytes.length)
      at.messages.receiveFallback(worker.agent, bytes)
    }
    await byStreamOnly(poster)
    const stream = (await open(worker, passOn)).messages.stream(poster.agent, forever)
    stream.write(piece(0, 'one '))
    await expect.poll(() => read.text()).toBe('one ')
    expect(passed).toEqual([])
    wire.hold()
    // More than what lies on the way before anybody notices: a megabyte.
    const rest = '\u4e00'.repeat(400_000)
    stream.write(piece(4, rest, true))
    stream.end()
    await expect.poll(() => read.text().length, { timeout: 30_000 }).toBe(4 + rest.length)
    expect(read.text() === `one ${rest}`).toBe(true)
    expect(Math.max(...passed)).toBeLessThanOrEqual(limits.token_frame_bytes_max)
  }, 40_000)
})

describe('an unwanted answer', () => {
  test("an unwanted answer's stream ends at its first piece, and few more are opened", async () => {
    const at = await open(poster)
    const read = reading(at, () => 'unwanted')
    const stream = (await open(worker)).messages.stream(poster.agent, forever)
    stream.write(piece(0, 'not asked for'))
    await expect.poll(() => openAt(poster)).toBe(0)
    for (let at = 1; at < 10; at += 1) {
      stream.write(piece(13 * at, 'not asked for'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await expect.poll(() => read.got.length).toBeGreaterThanOrEqual(1)
    expect(read.got.length).toBeLessThanOrEqual(10 + limits.token_streams_tried_max)
    await expect.poll(() => openAt(poster)).toBe(0)
  })

  test('an answer of a peer that no card binds is not read', async () => {
    const stranger = await peers.start('s', { bound: false })
    const at = await open(poster)
    const got: Message[] = []
    at.messages.onMessage((_from, message) => void got.push(message))
    const raw = await rawStream(stranger)
    if (raw.status === 'open') raw.send(encoded(encodeMessage(piece(0, 'hello'))))
    await expect.poll(() => at.drops).toEqual(['stranger'])
    await expect.poll(() => raw.status).not.toBe('open')
    expect(got).toEqual([])
  })
})

async function rawStream(from: TestPeer): Promise<Stream> {
  await from.node.libp2p.dial(poster.node.addresses().map((address) => multiaddr(address)))
  return from.node.libp2p.dialProtocol(peerIdFromString(poster.node.peerId), streamProtocol)
}

/** A frame as it goes over the wire. */
function encoded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([framing.lengthEncoder(bytes.length), bytes])
}

describe('a hostile worker', () => {
  test.each([
    ['garbage', encoded(new Uint8Array([0xc1, 0xff, 0, 1]))],
    ['a message of another kind', encoded(encodeMessage({ type: 'claim', task }))],
    ['half of a character', encoded(encodeMessage(piece(0, '\ud83d')))],
    ['a piece beyond any bound', encoded(encodeMessage(piece(0, 'x'.repeat(70_000))))],
    ['a frame beyond any bound', new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0])],
  ])('a worker that sends %s loses its stream', async (_what, bytes) => {
    const at = await open(poster)
    const got: Message[] = []
    at.messages.onMessage((_from, message) => void got.push(message))
    const raw = await rawStream(worker)
    raw.send(bytes)
    await expect.poll(() => raw.status).not.toBe('open')
    expect(got).toEqual([])
  })

  test('a worker that sends nothing loses its stream after the longest silence', async () => {
    await open(poster)
    const raw = await rawStream(worker)
    await expect.poll(() => raw.status, { timeout: limits.token_stream_idle_ms + 3_000 }).not.toBe('open')
  })

  test('a worker cannot hold more streams than its share, and other streams are still read', async () => {
    const at = await open(poster)
    for (let count = 0; count < limits.token_streams_each_max + 2; count += 1) await rawStream(worker)
    await expect.poll(() => at.drops).toEqual(['over_limit', 'over_limit'])
    const friend = await peers.start('f')
    const got: Message[] = []
    at.messages.onMessage((from, message) => void (from === friend.agent && got.push(message)))
    ;(await open(friend)).messages.stream(poster.agent, forever).write(piece(0, 'hello'))
    await expect.poll(() => got).toEqual([piece(0, 'hello')])
  })
})

describe('an answer without a stream', () => {
  test('the pieces of an answer without a stream go through the conductor', async () => {
    const at = await open(poster)
    const read = reading(at)
    const passOn: MessagesNeeds['passOn'] = async (_to, bytes) =>
      at.messages.receiveFallback(worker.agent, bytes)
    const sender = await open(worker, passOn)
    peers.bind({ ...poster, node: { ...poster.node, addresses: () => ['/ip4/127.0.0.1/tcp/1'] } })
    const stream = sender.messages.stream(poster.agent, forever)
    const words = Array.from({ length: 40 }, (_, at) => `${at} `)
    for (const [at, word] of words.entries())
      stream.write(piece(words.slice(0, at).join('').length, word, at === words.length - 1))
    stream.end()
    await expect.poll(read.isWhole, { timeout: 10_000 }).toBe(true)
    expect(read.text()).toBe(words.join(''))
    expect(openAt(poster)).toBe(0)
  })
})
