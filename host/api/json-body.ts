import type { FastifyInstance } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

/**
 * Reads bodies as JSON: bytes that are no UTF-8 are refused, where a decoder would put other text in their place, and so is nesting
 * that would exhaust the stack of whoever checks it. Refuses with `RIPPLE_BODY_INVALID`.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes as Buffer)
    } catch {
      return done(invalid('the body is not UTF-8'))
    }
    parse(request, text, (error, body) => {
      if (error) return done(error)
      if (isDeeper(body, limits.json_depth_max))
        return done(invalid(`the body is nested deeper than ${limits.json_depth_max}`))
      done(null, body)
    })
  })
}

/** Whether a document is nested deeper than so many levels. Pure. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

function invalid(detail: string): RippleError {
  return new RippleError('RIPPLE_BODY_INVALID', { detail })
}
