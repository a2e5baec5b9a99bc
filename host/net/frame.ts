/** Encodes and decodes messages between daemons. */
import { decode, encode } from '@msgpack/msgpack'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type Message, messageSchema } from '../types/message.ts'

const decoderBounds = {
  maxStrLength: limits.message_bytes_max,
  maxBinLength: limits.message_bytes_max,
  maxArrayLength: 1_024,
  maxMapLength: 64,
  maxExtLength: 0,
}

/** Returns a message as bytes (msgpack). Throws `RIPPLE_BODY_TOO_LARGE` above `limits.message_bytes_max`. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = encode(message)
  if (bytes.length <= limits.message_bytes_max) return bytes
  throw new RippleError('RIPPLE_BODY_TOO_LARGE', { max: limits.message_bytes_max })
}

/** Returns the message in the bytes; null if a peer sent anything else. Never throws. */
export function decodeMessage(bytes: Uint8Array): Message | null {
  if (bytes.length > limits.message_bytes_max) return null
  const parsed = messageSchema.safeParse(decodePlain(bytes))
  return parsed.success ? parsed.data : null
}

/** Returns the plain value in a peer's msgpack; undefined if it is malformed or has too many parts. Never throws. */
export function decodePlain(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, decoderBounds)
  } catch {
    return undefined
  }
}
