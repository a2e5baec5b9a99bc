/** Takes in the pieces of own tasks' answers. */
import { limits } from '../../limits.ts'
import { currentGrant, type Posted } from '../../mesh/state/posted.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { InferencePayload } from '../../types/inference.ts'
import type { Message, TokensMessage } from '../../types/message.ts'
import type { CountedPiece } from '../context/answer-texts.ts'
import type { PosterContext } from '../context/context.ts'

/** The outcome of taking in a piece of an answer. */
export interface AcceptedTokens {
  /**
   * The message for the state: a sign of life, or a message of a peer that does not know yet that the task is
   * another's; null for none.
   */
  readonly tell: Message | null
  /** Whether more pieces from this peer may be of use. */
  readonly wanted: boolean
}

/**
 * Limits a task's answer to the tokens that were asked for. Vectors and scores are no tokens; they are checked with the
 * whole output.
 */
export function boundAnswer(
  task: ActionHash,
  { input, parameters, logprobs }: InferencePayload,
  context: PosterContext,
): void {
  if (input.type !== 'embed' && !logprobs) context.texts.bound(task, parameters.max_tokens)
}

/**
 * Takes a piece of an own task's answer, from the worker of the current attempt and within the tokens that were asked
 * for. Followers get its new part at once. A piece beyond those tokens is no sign of life, so that the worker's silence
 * ends the attempt. A piece that brings nothing new says no more than a renewal.
 */
export function acceptTokens(from: AgentKey, message: TokensMessage, context: PosterContext): AcceptedTokens {
  const posted = context.state().open.get(message.task)
  if (!posted || !isOfWorker(posted, from, message.attempt)) return { tell: message, wanted: false }
  if (context.texts.isTooMuch(message.task, message)) return { tell: null, wanted: false }
  const isNew = notifyPiece(message.task, message, context)
  if (!tells(posted, message, isNew, context)) return { tell: null, wanted: true }
  return { tell: isNew ? message : renewalOf(message), wanted: true }
}

function renewalOf({ task, attempt, tokens_out, last }: TokensMessage): Message {
  return { type: 'progress', task, attempt, tokens_in: 0, tokens_out, ran: last }
}

/** Stores the new part of a piece of an own task's answer and notifies its followers. Returns whether there is any. */
export function notifyPiece(task: ActionHash, piece: CountedPiece, context: PosterContext): boolean {
  const text = context.texts.take(task, piece, limits.answer_text_bytes_max)
  if (text === '') return false
  const { attempt, tokens_out } = piece
  const offset = context.texts.get(task).length - text.length
  context.notify({ type: 'text', task, attempt, offset, text, tokens_out })
  return true
}

function isOfWorker(posted: Posted, from: AgentKey, attempt: number): boolean {
  const grant = currentGrant(posted)
  return grant?.entry.worker === from && grant.entry.attempt === attempt
}

/**
 * Whether the state is notified of a piece: the first one, the last one, and at intervals one that brings something
 * new. A lost piece shows in the count of the next.
 */
function tells(
  { lease }: Posted,
  { last, tokens_out }: TokensMessage,
  isNew: boolean,
  { bounds, needs }: PosterContext,
): boolean {
  if (!lease || (lease.textAt === null && lease.tokens_out === 0)) return true
  if (last) return !lease.ran
  if (isNew && lease.textAt === null) return true
  const goesOn = isNew || tokens_out > lease.tokens_out
  const toldAt = (isNew ? lease.textAt : lease.progressAt) ?? 0
  return goesOn && needs.clock.now() - toldAt >= bounds.tokens_told_ms
}
