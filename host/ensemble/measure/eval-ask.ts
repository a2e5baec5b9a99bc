/** Asks members the items of a measurement. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { SharedInference } from '../../types/answer.ts'
import type { Member } from '../members/types.ts'
import { askMembers, type Question, type Reply } from '../query/ask-members.ts'
import { isBusy, unanswered } from '../query/unanswered.ts'
import type { TriedText } from './eval-journal.ts'
import { type EvalItem, isRight } from './eval-set.ts'

/** Returns the question for an item. Pure. */
export function questionOf({ prompt, template, task_type, max_tokens, stop }: EvalItem): Question {
  const input = { type: 'text' as const, text: prompt, template }
  return { input, format: null, task_type, max_tokens, stop, trace_id: null }
}

/** Returns a reply as the journal stores it. Pure. */
export function triedOf(item: EvalItem, { response, tokens_in, tokens_out, latency_ms }: Reply): TriedText {
  return { right: isRight(item, response), text: response, tokens_in, tokens_out, ms: latency_ms }
}

/** Returns the total cost of several replies. Pure. */
export function spentOn(
  replies: readonly Pick<Reply, 'tokens_in' | 'tokens_out'>[],
): Pick<TriedText, 'tokens_in' | 'tokens_out'> {
  return {
    tokens_in: replies.reduce((sum, { tokens_in }) => sum + tokens_in, 0),
    tokens_out: replies.reduce((sum, { tokens_out }) => sum + tokens_out, 0),
  }
}

/** The ports of a measurement: inference and waiting. */
export interface TryNeeds {
  readonly inference: Pick<SharedInference, 'places'>
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The conditions under which members answer an item. */
export interface Trial {
  /** Milliseconds for each answer, from when all members have places. */
  readonly answer_ms: number
  /** Whether all of them must answer, or one is enough. */
  readonly all: boolean
}

/** The members' replies, and the milliseconds they took from when all had places. */
export interface TriedAll {
  readonly replies: readonly Reply[]
  readonly ms: number
}

/**
 * Asks members one item at once. If the daemon is busy with other asks, it waits up to `limits.eval_busy_waits_max` times: a
 * lack of room says nothing of a model. Rejects with `RIPPLE_ENSEMBLE_UNANSWERED` if not all required members answer, with
 * `RIPPLE_BUSY` if it stays busy, and with the signal's reason.
 */
export async function tryMembers(
  needs: TryNeeds,
  members: readonly Member[],
  question: Question,
  trial: Trial,
  signal: AbortSignal,
): Promise<TriedAll> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await tryOnce(needs, members, question, trial, signal)
    } catch (thrown) {
      const isBusy = thrown instanceof RippleError && thrown.code === 'RIPPLE_BUSY'
      if (!isBusy || waits === limits.eval_busy_waits_max) throw thrown
      await needs.sleep(limits.busy_retry_after_s * 1_000, signal)
    }
  }
}

async function tryOnce(
  { inference }: TryNeeds,
  members: readonly Member[],
  question: Question,
  { answer_ms, all }: Trial,
  signal: AbortSignal,
): Promise<TriedAll> {
  using places = await inference.places(members.length, signal)
  const from = performance.now()
  const time = { local: answer_ms, cloud: answer_ms }
  const replies = await askMembers({ inference: places, cloud: null }, members, question, time, signal)
  signal.throwIfAborted()
  const silent = replies.filter(({ response }) => response === null)
  const isShort = all ? silent.length > 0 : silent.length > 0 && silent.length === replies.length
  if (isShort || isBusy(silent)) throw unanswered(replies)
  return { replies, ms: Math.round(performance.now() - from) }
}
