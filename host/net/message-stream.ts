/** Sends and receives single messages over libp2p streams. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { limits } from '../limits.ts'

/** The protocol of messages: a four-byte length and msgpack, and one empty frame back when the daemon has it. */
export const messageProtocol = '/ripple/message/1.0.0'
/** The same protocol of a daemon that also takes messages with a trace context. Others drop such messages. */
export const tracedProtocol = '/ripple/message/1.1.0'

/** The prefix of protocols that carry blocks (https://specs.ipfs.tech/bitswap-protocol/). */
const blocksProtocol = '/ipfs/bitswap/'

/** The framing of streams: a four-byte length before each frame. */
export const framing = {
  maxDataLength: limits.message_bytes_max,
  // The library's own bound is a varint's, which is shorter than this length for a smaller frame.
  maxLengthLength: 4,
  maxBufferSize: limits.message_bytes_max + 64 * 1024,
  lengthEncoder: (length: number) => {
    const header = Buffer.alloc(4)
    header.writeUInt32BE(length)
    return header
  },
  /** Reads the length. The reader calls again with one more byte after a `RangeError`. */
  lengthDecoder: (header: { byteLength: number; subarray(): Uint8Array }) => {
    if (header.byteLength < 4) throw new RangeError('the length has four bytes')
    return Buffer.from(header.subarray()).readUInt32BE()
  },
}

/**
 * Sends one message over the standing connection. If that has ended, or the peer has not confirmed within
 * `limits.message_word_ms`, the message is also sent over a fresh connection. It may then arrive twice. A connection
 * without a confirmation is aborted, because TCP retries only after as long as the network was cut before (RFC 6298). A
 * connection that carries blocks too is kept, because the blocks may be why it is slow; libp2p's own pings end it if it is
 * dead. Rejects when no confirmation came.
 */
export async function overEither(
  standing: Connection,
  connectAfresh: (signal: AbortSignal) => Promise<Connection>,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  const first = writeMessage(standing, bytes, either)
  const second = async () => {
    // A peer that resets the stream would do the same on any connection.
    const heard = first.then(
      () => true,
      (thrown) => (standing.status === 'open' ? Promise.reject(thrown) : false),
    )
    const patience = sleep(limits.message_word_ms, false, { signal: either })
    if (await Promise.race([heard, patience])) return
    const fresh = await connectAfresh(either)
    await writeMessage(fresh, bytes, either).catch((thrown) => {
      // The fresh connection is not silent if it was given up because the confirmation came over the other.
      if (!ended.signal.aborted) endSilent(fresh)
      throw thrown
    })
    endSilent(standing)
  }
  try {
    await Promise.any([first, second()])
  } catch (thrown) {
    throw thrown instanceof AggregateError ? thrown.errors.at(-1) : thrown
  } finally {
    ended.abort()
  }
}

function endSilent(connection: Connection): void {
  if (connection.streams.some(({ protocol }) => protocol.startsWith(blocksProtocol))) return
  connection.abort(new DOMException('the connection has fallen silent', 'AbortError'))
}

/** Writes one message and waits until the peer's daemon confirms it. Resets the stream on any failure. */
async function writeMessage(connection: Connection, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const stream = await connection.newStream(messageProtocol, {
    signal,
    maxOutboundStreams: limits.peer_streams_max,
    runOnLimitedConnection: true,
  })
  await orReset(stream, async () => {
    const frames = lpStream(stream, { ...framing })
    await frames.write(bytes, { signal })
    await frames.read({ signal })
    await stream.close({ signal })
  })
}

/**
 * Reads one message, of at most `limits.message_bytes_max` bytes, and confirms it to the peer if `take` accepts it. Resets
 * the stream on any failure.
 */
export async function readMessage(
  stream: Stream,
  take: (bytes: Uint8Array) => boolean,
  signal: AbortSignal,
): Promise<void> {
  await orReset(stream, async () => {
    const frames = lpStream(stream, { ...framing })
    const frame = await frames.read({ signal })
    if (!take(frame.subarray())) return resetStream(stream)
    await frames.write(new Uint8Array(), { signal })
    await stream.close({ signal })
  })
}

/** Resets a stream at once, in both directions. */
export function resetStream(stream: Stream): void {
  stream.abort(new DOMException('the message was dropped', 'AbortError'))
}

async function orReset(stream: Stream, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    resetStream(stream)
    throw thrown
  }
}
