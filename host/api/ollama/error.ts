/** Writes errors in the form of Ollama's API. */
import type { RippleError } from '../../errors/ripple-error.ts'
import type { Dialect } from '../openai/dialect.ts'
import { openaiError } from '../openai/error.ts'

/** Converts an error to Ollama's form, together with Ripple's own code, hint and facts. */
export function ollamaError(error: RippleError) {
  const { status, body } = openaiError(error)
  const { message, ripple_code, hint, facts } = body.error
  return { status, body: { error: message, ripple_code, hint, facts } }
}

/** Ollama's streams: lines of JSON, of which the last one ends the answer. */
export const ollama: Dialect = { error: ollamaError, named: false, ping: null, done: null, lines: true }
