import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { limits } from '../limits.ts'

/** Protocol of messages: a four-byte length and msgpack, and one empty frame back when the daemon has it. */
export const messageProtocol = '/ripple/message/1.0.0'

const framing = {
  maxDataLength: limits.message_bytes_max,
  maxBufferSize: limits.message_bytes_max + 64 * 1024,
  lengthEncoder: (length: number) => {
    const header = Buffer.alloc(4)
    header.writeUInt32BE(length)
    return header
  },
  /** The reader asks again with one byte more on a `RangeError`. */
  lengthDecoder: (header: { byteLength: number; subarray(): Uint8Array }) => {
    if (header.byteLength < 4) throw new RangeError('the length has four bytes')
    return Buffer.from(header.subarray()).readUInt32BE()
  },
}

/** Writes one message and waits until the peer's daemon says that it has it. Resets the stream on any failure. */
export async function writeMessage(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  await orReset(stream, async () => {
    const frames = lpStream(stream, { ...framing })
    await frames.write(bytes, { signal })
    await frames.read({ signal })
    await stream.close({ signal })
  })
}

/**
 * Reads one message, of at most `limits.message_bytes_max` bytes, and says so to the peer when `take` takes it.
 * Resets the stream on any failure.
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

/** Ends a stream at once, in both directions. */
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
