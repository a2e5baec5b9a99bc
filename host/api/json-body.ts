/** Reads the JSON bodies of requests. */
import type { FastifyInstance } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

/**
 * Reads bodies as JSON. Refuses with `RIPPLE_BODY_INVALID` bytes that are not UTF-8, because a decoder would replace them, and
 * nesting so deep that later checks would exhaust the stack.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    // Some clients name a type for the empty body of a DELETE.
    if (request.method === 'DELETE' && bytes.length === 0) return done(null)
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes as Buffer)
    } catch {
      return done(invalid('the body is not UTF-8'))
    }
    parse(request, text, (error, body) => {
      if (error) return done(invalid(flawOf(text)))
      if (isDeeper(body, limits.json_depth_max))
        return done(invalid(`the body is nested deeper than ${limits.json_depth_max}`))
      done(null, body)
    })
  })
}

/** The longest text, in characters, whose flaw gets a position: finding it takes some 20 readings while nothing else runs. */
const PLACED_CHARS_MAX = 64 * 1024

/** Describes why a text is not valid JSON, and the position of the error. Pure. */
function flawOf(text: string): string {
  if (text.trim() === '') return 'the body is empty: send a JSON object'
  const message = refusalOf(text)
  if (message === null)
    return "the body has a field '__proto__' or 'constructor.prototype', which is not taken"
  if (message.startsWith('Unexpected end')) return 'the body is not valid JSON: it ends too early'
  if (text.length > PLACED_CHARS_MAX) return 'the body is not valid JSON'
  // This message names no position, and quotes the body.
  const isQuote = message.startsWith('Unexpected token')
  const at = isQuote ? undefined : / at position (\d+)/.exec(message)?.[1]
  const before = text.slice(0, at === undefined ? firstUnexpected(text) : Number(at))
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  return `the body is not valid JSON at line ${line}, column ${column}`
}

/** Finds the first invalid character. The JavaScript engine names no position, but refuses every piece that includes it. */
function firstUnexpected(text: string): number {
  let [low, high] = [0, text.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (refusalOf(text.slice(0, middle + 1))?.startsWith('Unexpected token')) high = middle
    else low = middle + 1
  }
  return low
}

function refusalOf(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (thrown) {
    return (thrown as Error).message
  }
}

/** Whether a document is nested deeper than `levels` levels. Pure. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

function invalid(detail: string): RippleError {
  return new RippleError('RIPPLE_BODY_INVALID', { detail })
}
