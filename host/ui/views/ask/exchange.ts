/** Collects the events of a question and its answer. */

import type { ChatEvent } from '../../../api/openai/chat-answer.ts'
import { pageLimits } from '../../../limits/page.ts'
import type { RequestEvent } from '../../../telemetry/request-event.ts'
import type { Trouble } from '../../daemon/refusal.ts'

/** A step of a task. */
export interface Step {
  readonly text: string
  readonly peer: string | null
  /** Its time by the daemon's clock, in milliseconds since 1970, because past steps arrive all at once. */
  readonly at: number
}

/** A question and its answer so far. Times are milliseconds of one clock that never goes back. */
export interface Exchange {
  /** `asking` until the first piece of text, `answering` until the last. */
  readonly phase: 'asking' | 'answering' | 'done' | 'stopped' | 'failed'
  readonly model: string
  readonly asked_at: number
  readonly text: string
  /** Times of the first and the latest piece of text; null before. */
  readonly first_at: number | null
  readonly last_at: number | null
  /** The task's key, or the request's name if no task is posted. */
  readonly id: string | null
  readonly steps: readonly Step[]
  /** The reason why the model ended: `stop` or `length`. */
  readonly finish: string | null
  readonly tokens: { readonly in: number; readonly out: number } | null
  readonly origin: ChatEvent['ripple'] | null
  readonly trouble: Trouble | null
}

/** An event of a question. */
export type ExchangeInput =
  | { readonly type: 'named'; readonly id: string }
  | { readonly type: 'piece'; readonly event: ChatEvent }
  | { readonly type: 'step'; readonly event: RequestEvent }
  | { readonly type: 'ended' }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly trouble: Trouble }

/** Returns a question that was just asked. */
export function asked(model: string, at: number): Exchange {
  return {
    phase: 'asking',
    model,
    asked_at: at,
    text: '',
    first_at: null,
    last_at: null,
    id: null,
    steps: [],
    finish: null,
    tokens: null,
    origin: null,
    trouble: null,
  }
}

/** Whether an answer may still come. */
export function isOpen({ phase }: Exchange): boolean {
  return phase === 'asking' || phase === 'answering'
}

/** Returns a question after an event. Steps may still arrive when the answer is whole. */
export function apply(exchange: Exchange, input: ExchangeInput, at: number): Exchange {
  if (input.type === 'step') return withStep(exchange, input.event)
  if (!isOpen(exchange)) return exchange
  switch (input.type) {
    case 'named':
      return { ...exchange, id: input.id }
    case 'piece':
      return withPiece(exchange, input.event, at)
    case 'ended':
      return { ...exchange, phase: 'done' }
    case 'stopped':
      return { ...exchange, phase: 'stopped' }
    case 'failed':
      return { ...exchange, phase: 'failed', trouble: input.trouble }
  }
}

function withPiece(exchange: Exchange, { choices, model, usage, ripple }: ChatEvent, at: number): Exchange {
  const [choice] = choices
  const text = choice?.delta.content ?? ''
  return {
    ...exchange,
    ...(text === '' ? {} : withText(exchange, text, at)),
    model,
    finish: choice?.finish_reason ?? exchange.finish,
    tokens: usage ? { in: usage.prompt_tokens, out: usage.completion_tokens } : exchange.tokens,
    origin: ripple ?? exchange.origin,
  }
}

function withText(exchange: Exchange, text: string, at: number): Partial<Exchange> {
  const room = pageLimits.page_answer_chars_max - exchange.text.length
  return {
    phase: 'answering',
    text: exchange.text + text.slice(0, room),
    first_at: exchange.first_at ?? at,
    last_at: at,
  }
}

function withStep(exchange: Exchange, event: RequestEvent): Exchange {
  const fits = exchange.steps.length < pageLimits.page_steps_max
  if (event.task_key !== exchange.id || event.type === 'task_text' || !fits) return exchange
  const { at } = event
  const step =
    event.type === 'task_state'
      ? { text: event.state, peer: event.peer, at }
      : { text: event.text, peer: null, at }
  return { ...exchange, steps: [...exchange.steps, step] }
}

/** Returns the speed of an answer: milliseconds to its first text, and tokens a second after it; null if unknown. */
export function speed(exchange: Exchange): { first_ms: number | null; per_second: number | null } {
  const { asked_at, first_at, last_at, tokens } = exchange
  if (first_at === null || last_at === null) return { first_ms: null, per_second: null }
  const seconds = (last_at - first_at) / 1_000
  // The first token arrived before the measured time, so it does not count. Text that arrived all at once has no rate.
  const per_second = tokens && tokens.out > 1 && seconds > 0 ? (tokens.out - 1) / seconds : null
  return { first_ms: first_at - asked_at, per_second }
}
