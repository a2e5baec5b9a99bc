import type { IncomingMessage } from 'node:http'
import type { FastifyError } from 'fastify'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

/** What a request failed with, by its stable code: what fastify itself refuses is a body that makes no sense. */
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
 * Reads the rest of a body that is too large and drops it: most clients read the answer only after they have sent all. After
 * `limits.body_dropped_bytes_max` it waits no longer.
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
