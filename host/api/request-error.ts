/** Turns errors of a request into errors with a code. */
import type { IncomingMessage } from 'node:http'
import type { FastifyError } from 'fastify'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

/** Returns a request's error with its stable code. fastify's own refusals become errors of the body. */
export function asRippleError(thrown: FastifyError): RippleError {
  if (thrown instanceof RippleError) return thrown
  if (thrown.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new RippleError('RIPPLE_BODY_TOO_LARGE', { max: limits.body_bytes_max }, { cause: thrown })
  }
  if (thrown.code === 'FST_ERR_BAD_URL') {
    const detail =
      "the path has a '%' without the two hexadecimal digits of a UTF-8 byte: send '%25' for the sign itself"
    return new RippleError('RIPPLE_BODY_INVALID', { detail }, { cause: thrown })
  }
  const client = thrown.statusCode !== undefined && thrown.statusCode < 500
  return client
    ? new RippleError('RIPPLE_BODY_INVALID', { detail: thrown.message }, { cause: thrown })
    : toRippleError(thrown)
}

/**
 * Reads and drops the rest of a body that is too large, because most clients read the answer only after they have sent all.
 * Stops the wait after `limits.body_dropped_bytes_max` bytes.
 */
export async function readRest(request: IncomingMessage): Promise<void> {
  if (request.readableEnded) return
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = limits.body_dropped_bytes_max
  request.once('end', resolve).once('close', resolve)
  request.on('data', (piece: Buffer) => {
    left -= piece.length
    if (left < 0) resolve()
  })
  request.resume()
  await promise
}
