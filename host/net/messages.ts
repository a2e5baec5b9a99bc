/** Sends and takes messages between members over libp2p. */
import type { Connection, Stream } from '@libp2p/interface'
import { messageOf } from '../errors/message-of.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import { type AddressBook, acceptedOnly } from './address-book.ts'
import { ChunkJoiner, splitChunks } from './chunks.ts'
import { decodeMessage, encodeMessage } from './frame.ts'
import type { PeerNode } from './libp2p.ts'
import { messageProtocol, overEither, readMessage, resetStream, tracedProtocol } from './message-stream.ts'
import { PeerQuota } from './peer-quota.ts'
import type { MessageHandler, Messages, MessageWay, TokenStream } from './port.ts'
import { boundStrangers } from './strangers.ts'
import { OutgoingTokens, readTokens, streamProtocol } from './token-stream.ts'
import { fitting } from './traced-messages.ts'
import { Turns } from './turns.ts'

/** The reason why something that arrived was dropped (a label of a counter). */
export type DropReason =
  | 'stranger'
  | 'unaccepted'
  | 'malformed'
  | 'broken_stream'
  | 'over_limit'
  | 'handler_failed'

/** The dependencies of the messages. */
export interface MessagesNeeds {
  /** This machine's agent; a message to itself is delivered locally. */
  readonly self: AgentKey
  readonly node: PeerNode
  readonly book: AddressBook
  /** Whether this machine asks and works for an agent. To and from all others only presence passes. */
  accepts(agent: AgentKey): boolean
  /** Sends bytes through the conductor if no stream is available; null if there is no conductor. */
  readonly passOn: ((to: AgentKey, bytes: Uint8Array, signal: AbortSignal) => Promise<void>) | null
  /** Called for each dropped thing, for a counter. */
  readonly onDrop: (reason: DropReason) => void
}

/** Messages over libp2p streams, and over the conductor if there is no stream. */
export interface StreamMessages extends Messages, AsyncDisposable {
  /**
   * Sends a message by stream or not at all, ahead of the messages that wait for their turn. Rejects as `send` does, within
   * `limits.message_stream_ms`.
   */
  sendByStream(to: AgentKey, message: Message, signal: AbortSignal): Promise<void>
  /** Receives a piece that another daemon's `passOn` sent. */
  receiveFallback(from: AgentKey, bytes: Uint8Array): void
}

/** The most messages to receive at a time; each may have the largest size. */
const receiving = {
  each: limits.messages_in_flight_max,
  all: Math.floor(limits.messages_bytes_in_flight_max / limits.message_bytes_max),
}

/** The most answers to read at a time. */
const streaming = { each: limits.token_streams_each_max, all: limits.token_streams_max }

/** The most messages to send to one peer at a time, and the most that wait for that. */
const sending = { atOnce: limits.messages_in_flight_max, waiting: limits.messages_waiting_max }

/** Opens the protocols on the node. Each message takes one stream; libp2p keeps and reuses the connections. */
export async function openMessages(needs: MessagesNeeds): Promise<StreamMessages> {
  const messages = new Libp2pMessages(needs)
  await needs.node.libp2p.handle(
    [messageProtocol, tracedProtocol],
    (stream, connection) => messages.receive(stream, connection),
    {
      maxInboundStreams: limits.peer_streams_max,
      maxOutboundStreams: limits.peer_streams_max,
      runOnLimitedConnection: true,
    },
  )
  await needs.node.libp2p.handle(
    streamProtocol,
    (stream, connection) => messages.receiveTokens(stream, connection),
    {
      maxInboundStreams: limits.peer_streams_max,
      maxOutboundStreams: limits.peer_streams_max,
      runOnLimitedConnection: true,
    },
  )
  return messages
}

class Libp2pMessages implements StreamMessages {
  readonly #needs: MessagesNeeds
  readonly #handlers = new Set<MessageHandler>()
  readonly #turns = new Turns(sending)
  readonly #joiner = new ChunkJoiner()
  readonly #closing = new AbortController()
  readonly #quota = new PeerQuota(receiving)
  readonly #streaming = new PeerQuota(streaming)
  readonly #unboundStrangers: () => void

  constructor(needs: MessagesNeeds) {
    this.#needs = needs
    const members = acceptedOnly(needs.book, needs.accepts)
    this.#unboundStrangers = boundStrangers(needs.node.libp2p, members, limits.peer_strangers_max)
  }

  async send(to: AgentKey, message: Message, signal: AbortSignal): Promise<void> {
    this.#checkAccepted(to, message)
    const bytes = encodeMessage(await fitting(message, this.#needs.book.lookup(to), this.#needs.node))
    if (to === this.#needs.self) {
      queueMicrotask(() => this.#deliver(to, bytes, 'stream'))
      return
    }
    const deadline = AbortSignal.any([
      signal,
      this.#closing.signal,
      AbortSignal.timeout(limits.message_send_ms),
    ])
    try {
      await this.#turns.run(to, () => this.#handOver(to, bytes, deadline), deadline)
    } catch (cause) {
      throw unreachable(to, cause)
    }
  }

  async sendByStream(to: AgentKey, message: Message, signal: AbortSignal): Promise<void> {
    this.#checkAccepted(to, message)
    const brief = AbortSignal.timeout(limits.message_stream_ms)
    const deadline = AbortSignal.any([signal, this.#closing.signal, brief])
    try {
      await this.#stream(to, encodeMessage(message), deadline)
    } catch (cause) {
      throw unreachable(to, cause)
    }
  }

  stream(to: AgentKey, signal: AbortSignal): TokenStream {
    const { book, node } = this.#needs
    return new OutgoingTokens({
      signal: AbortSignal.any([signal, this.#closing.signal]),
      connect: async (ended) => {
        const peer = this.#needs.accepts(to) ? book.lookup(to) : null
        if (peer === null) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: to })
        return node.connect(peer, ended)
      },
      send: (piece, ended) => this.send(to, piece, ended),
    })
  }

  onMessage(handler: MessageHandler): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  receiveFallback(from: AgentKey, bytes: Uint8Array): void {
    const joined = this.#joiner.take(from, bytes, Date.now())
    if (joined.kind === 'whole') this.#deliver(from, joined.bytes, 'signal')
    if (joined.kind === 'dropped') this.#needs.onDrop('malformed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new RippleError('RIPPLE_INTERRUPTED'))
    this.#handlers.clear()
    this.#unboundStrangers()
    await this.#needs.node.libp2p.unhandle([messageProtocol, tracedProtocol, streamProtocol])
  }

  /**
   * Sends by stream if that works, else through the conductor. The peer may then receive the message twice, which it must
   * tolerate.
   */
  async #handOver(to: AgentKey, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { book, passOn } = this.#needs
    const known = book.lookup(to) !== null
    if (!known && passOn === null) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: to })
    if (passOn === null) return this.#stream(to, bytes, signal)
    if (known) {
      const brief = AbortSignal.any([signal, AbortSignal.timeout(limits.message_stream_ms)])
      const streamed = await this.#stream(to, bytes, brief).then(
        () => true,
        () => false,
      )
      if (streamed) return
    }
    for (const piece of splitChunks(bytes)) {
      signal.throwIfAborted()
      await passOn(to, piece, signal)
    }
  }

  async #stream(to: AgentKey, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { book, node } = this.#needs
    const peer = book.lookup(to)
    if (peer === null) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: to })
    const connection = await node.connect(peer, signal)
    const afresh = (ended: AbortSignal) => node.connect(peer, ended, connection)
    await overEither(connection, afresh, bytes, signal)
  }

  /** Receives one message from a stream of a bound peer. Any failure ends the stream and nothing else. */
  async receive(stream: Stream, connection: Connection): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(limits.message_send_ms)])
    const from = this.#needs.book.agentOf(connection.remotePeer.toString())
    if (from === null || !this.#quota.take(from)) {
      this.#needs.onDrop(from === null ? 'stranger' : 'over_limit')
      resetStream(stream)
      return
    }
    try {
      await readMessage(stream, (bytes) => this.#deliver(from, bytes, 'stream'), signal)
    } catch {
      this.#needs.onDrop('broken_stream')
    } finally {
      this.#quota.release(from)
    }
  }

  /** Receives the pieces of an answer from a stream of a bound peer. */
  async receiveTokens(stream: Stream, connection: Connection): Promise<void> {
    const from = this.#needs.book.agentOf(connection.remotePeer.toString())
    if (from === null || !this.#streaming.take(from)) {
      this.#needs.onDrop(from === null ? 'stranger' : 'over_limit')
      resetStream(stream)
      return
    }
    try {
      const take = (message: Message) => this.#mayCome(from, message) && this.#handle(from, message, 'stream')
      await readTokens(stream, take, this.#closing.signal)
    } finally {
      this.#streaming.release(from)
    }
  }

  #deliver(from: AgentKey, bytes: Uint8Array, by: MessageWay): boolean {
    const message = decodeMessage(bytes)
    if (message === null) {
      this.#needs.onDrop('malformed')
      return false
    }
    if (!this.#mayCome(from, message)) return false
    this.#handle(from, message, by)
    return true
  }

  /** Whether a message may come from this sender: from a machine that is not accepted only presence may. */
  #mayCome(from: AgentKey, { type }: Message): boolean {
    if (type === 'present' || this.#needs.accepts(from)) return true
    this.#needs.onDrop('unaccepted')
    return false
  }

  /** Throws `RIPPLE_PEER_UNREACHABLE` for a message other than presence to a machine that is not accepted. */
  #checkAccepted(to: AgentKey, { type }: Message): void {
    if (type === 'present' || this.#needs.accepts(to)) return
    const detail = 'it is not accepted on this machine'
    throw new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: to, detail })
  }

  /** Whether no handler calls the message unwanted. */
  #handle(from: AgentKey, message: Message, by: MessageWay): boolean {
    return [...this.#handlers].map((handler) => this.#call(() => handler(from, message, by))).every(Boolean)
  }

  #call(handle: () => unknown): boolean {
    try {
      return handle() !== 'unwanted'
    } catch {
      this.#needs.onDrop('handler_failed')
      return true
    }
  }
}

function unreachable(to: AgentKey, cause: unknown): RippleError {
  if (cause instanceof RippleError) return cause
  const detail = messageOf(cause)
  return new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: to, detail }, { cause })
}
