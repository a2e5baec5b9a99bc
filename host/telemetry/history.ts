/** Defines the history that every daemon writes. */
import { toRippleError } from '../errors/ripple-error.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { EventOf, HistoryName } from './catalogue.ts'

/** The fact in one line of a history. */
export type HistoryRecord = EventOf<HistoryName>

/** One line of the append-only history that every daemon writes, as NDJSON. */
export type HistoryEvent = HistoryRecord & {
  /** The agent whose history it is. */
  readonly agent: AgentKey
  /** The time by that daemon's clock. */
  readonly at: Millis
}

/** The longest text in an event that comes from elsewhere, in characters. */
const DETAIL_CHARACTERS_MAX = 400

/** Returns the code and the message of any thrown value, for an event's fields. */
export function failureOf(thrown: unknown): { code: string; detail: string } {
  const { code, message } = toRippleError(thrown)
  return { code, detail: message.slice(0, DETAIL_CHARACTERS_MAX) }
}

/** Returns the fact that something failed and is retried. */
export function retried(what: string, thrown: unknown): HistoryRecord {
  return { type: 'retried', what, ...failureOf(thrown) }
}
