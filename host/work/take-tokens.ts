import { limits } from '../limits.ts'
import { currentGrant, type Posted } from '../mesh/posted.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import type { Message, TokensMessage } from '../types/message.ts'
import type { CountedPiece } from './answer-texts.ts'
import type { Hands } from './hands.ts'

/** What is to be made of a piece of an answer. */
export interface Taken {
  /**
   * What the state must hear of it: as of a sign of life, or because who sent it does not know yet that the task is
   * another's; null for nothing.
   */
  readonly tell: Message | null
  /** Whether more of the kind may be of use. */
  readonly wanted: boolean
}

/** Has no more taken of a task's answer than was asked for. Vectors are no tokens: their check is the whole output's. */
export function boundAnswer(task: ActionHash, { input, parameters }: InferencePayload, hands: Hands): void {
  if (input.type !== 'embed') hands.texts.bound(task, parameters.max_tokens)
}

/**
 * Takes a piece of an own task's answer: of the current attempt, from its worker, and no more than the tokens that were asked
 * for can be. What is new of it is told at once. Who gives more than that gives no sign of life by it, so that its silence ends
 * the attempt. A piece that brings nothing new says no more than a renewal does.
 */
export function takeTokens(from: AgentKey, message: TokensMessage, hands: Hands): Taken {
  const posted = hands.state().tasks.get(message.task)
  if (!posted || posted.close || !isOfWorker(posted, from, message.attempt))
    return { tell: message, wanted: false }
  if (hands.texts.isTooMuch(message.task, message)) return { tell: null, wanted: false }
  const isNew = tellPiece(message.task, message, hands)
  if (!tells(posted, message, isNew, hands)) return { tell: null, wanted: true }
  return { tell: isNew ? message : renewalOf(message), wanted: true }
}

function renewalOf({ task, attempt, tokens_out, last }: TokensMessage): Message {
  return { type: 'progress', task, attempt, tokens_in: 0, tokens_out, ran: last }
}

/** Keeps what is new of a piece of an own task's answer, and tells those who follow it. Gives whether anything is. */
export function tellPiece(task: ActionHash, piece: CountedPiece, hands: Hands): boolean {
  const text = hands.texts.take(task, piece, limits.answer_text_bytes_max)
  if (text === '') return false
  const { attempt, tokens_out } = piece
  const offset = hands.texts.get(task).length - text.length
  hands.told({ type: 'text', task, attempt, offset, text, tokens_out })
  return true
}

function isOfWorker(posted: Posted, from: AgentKey, attempt: number): boolean {
  const grant = currentGrant(posted)
  return grant?.entry.worker === from && grant.entry.attempt === attempt
}

/**
 * Whether the state need hear of a piece: the first one, the last one, and one in a while of those that bring something new. One
 * that was lost on its way is known from the count of the next.
 */
function tells(
  { lease }: Posted,
  { last, tokens_out }: TokensMessage,
  isNew: boolean,
  { bounds, needs }: Hands,
): boolean {
  if (!lease || (lease.textAt === null && lease.countedAt === null)) return true
  if (last) return !lease.ran
  if (isNew && lease.textAt === null) return true
  const goesOn = isNew || tokens_out > lease.tokens_out
  const toldAt = Math.max(lease.textAt ?? 0, isNew ? 0 : (lease.countedAt ?? 0))
  return goesOn && needs.clock.now() - toldAt >= bounds.tokens_told_ms
}
