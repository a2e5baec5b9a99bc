import { RippleError } from '../errors/ripple-error.ts'
import { type AskNeeds, askMembers, type Question, type Reply } from './ask-members.ts'
import type { TriedText } from './eval-journal.ts'
import { type EvalItem, isRight } from './eval-set.ts'
import type { Member } from './types.ts'

/** What an item is asked as. Pure. */
export function questionOf({ prompt, template, task_type, max_tokens, stop }: EvalItem): Question {
  const input = { type: 'text' as const, text: prompt, template }
  return { input, format: null, task_type, max_tokens, stop, trace_id: null }
}

/** A reply as the journal keeps it. Pure. */
export function triedOf(item: EvalItem, { response, tokens_in, tokens_out, latency_ms }: Reply): TriedText {
  return { right: isRight(item, response), text: response, tokens_in, tokens_out, ms: latency_ms }
}

/** What several replies cost together. Pure. */
export function spentOn(
  replies: readonly Pick<Reply, 'tokens_in' | 'tokens_out'>[],
): Pick<TriedText, 'tokens_in' | 'tokens_out'> {
  return {
    tokens_in: replies.reduce((sum, { tokens_in }) => sum + tokens_in, 0),
    tokens_out: replies.reduce((sum, { tokens_out }) => sum + tokens_out, 0),
  }
}

/** Asks members one item, each for `answer_ms` at most. Rejects with `RIPPLE_ENSEMBLE_UNANSWERED` where none of them answers, were any asked. */
export async function tryMembers(
  needs: AskNeeds,
  members: readonly Member[],
  question: Question,
  answer_ms: number,
  signal: AbortSignal,
): Promise<Reply[]> {
  const time = { local: answer_ms, cloud: answer_ms }
  const replies = await askMembers(needs, members, question, time, signal)
  if (members.length === 0 || replies.some(({ response }) => response !== null)) return replies
  throw unanswered(replies)
}

/** The error of replies that are not all that is needed, with the codes of those that failed. Pure. */
export function unanswered(replies: readonly Pick<Reply, 'code'>[], trace_id = ''): RippleError {
  const codes = replies.flatMap(({ code }) => code ?? [])
  const detail = [...new Set(codes)].join(', ')
  return new RippleError('RIPPLE_ENSEMBLE_UNANSWERED', { members: replies.length, detail, trace_id })
}
