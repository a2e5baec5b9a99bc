/** Describes how an API writes its errors and the events of its streams, whatever a request asks for. */
import type { RippleError } from '../../errors/ripple-error.ts'
import { openaiError } from './error.ts'

/** The forms that all answers of one API share. */
export interface Dialect {
  /** Returns an error in the API's form, with its HTTP status. The route decides the field that it is about. */
  error(error: RippleError, route: string): { readonly status: number; readonly body: object }
  /** Whether an event has its `type` as its name too. */
  readonly named: boolean
  /** The event that keeps an idle stream open; null for a comment. The frames of a kind of answer may name another one. */
  readonly ping: object | null
  /** Whether a stream is lines of JSON; left out: server-sent events. */
  readonly lines?: true
  /** The line after a whole answer; null where the last event ends it. */
  readonly done: string | null
}

/** OpenAI's chats, completions and embeddings. */
export const openai: Dialect = { error: openaiError, named: false, ping: null, done: '[DONE]' }
