import { limits } from '../limits.ts'
import { currentGrant, type Posted } from '../mesh/posted.ts'
import type { AgentKey } from '../types/events.ts'
import type { TokensMessage } from '../types/message.ts'
import type { Hands } from './hands.ts'

/**
 * Takes a piece of an own task's answer: of the current attempt, from its worker, and no more than the tokens that were asked
 * for can be. What is new of it is told at once. Gives whether the state must hear of the message: as of a sign of life, or
 * because who sent it does not know yet that the task is another's.
 */
export function takeTokens(from: AgentKey, message: TokensMessage, hands: Hands): boolean {
  const posted = hands.state().tasks.get(message.task)
  if (!posted || posted.close || !isOfWorker(posted, from, message.attempt)) return true
  const { task, attempt, tokens_out } = message
  const text = hands.texts.take(task, message, limits.answer_chars_max)
  const end = hands.texts.get(task).length
  if (text !== '') hands.told({ type: 'text', task, attempt, offset: end - text.length, text, tokens_out })
  return tells(posted, message, hands)
}

function isOfWorker(posted: Posted, from: AgentKey, attempt: number): boolean {
  const grant = currentGrant(posted)
  return grant?.entry.worker === from && grant.entry.attempt === attempt
}

/** Whether the state need hear of a piece: the first one, the last one, and one in a while. */
function tells({ lease }: Posted, { last }: TokensMessage, { bounds, needs }: Hands): boolean {
  if (!lease || last || lease.textAt === null) return true
  return needs.clock.now() - lease.textAt >= bounds.tokens_told_ms
}
