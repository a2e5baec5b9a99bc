import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { retried } from '../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import type { Hands } from './hands.ts'
import { readDraft } from './post.ts'
import { keptPrefix } from './prefix.ts'

/** What is being given at a time: a grantee may ask as often as it likes, and each payload is held in memory on its way. */
export const givingPayloads = { each: limits.payloads_given_per_peer_max, all: limits.payloads_given_max }

/**
 * Tells a worker of its Grant for the first time, and gives it the payload beside that, which it would ask for next. Should the
 * payload overtake the word or be lost, it asks. Of a task that carries its payload it needs none.
 */
export async function tellGranted(
  to: AgentKey,
  word: Extract<Message, { type: 'granted' }>,
  hands: Hands,
): Promise<void> {
  const carried = hands.state().tasks.get(word.task)?.task.entry.fallback
  const told = hands.send(to, word)
  if (!carried) await givePayload(to, word.task, word.attempt, hands)
  await told
}

/** Gives the payload of an own task to its grantee. Whoever gets none asks again. */
export async function givePayload(
  to: AgentKey,
  task: ActionHash,
  attempt: number,
  hands: Hands,
): Promise<void> {
  if (!hands.givingPayloads.take(to)) return
  try {
    const posted = hands.state().tasks.get(task)
    const draft = posted ? await readDraft(posted.task.entry.id, hands) : null
    const prefix = await keptPrefix(task, attempt, hands)
    if (draft)
      await hands.send(to, {
        type: 'payload',
        task,
        attempt,
        salt: draft.salt,
        payload: draft.payload,
        prefix,
      })
  } catch (thrown) {
    hands.record(retried('send_payload', toRippleError(thrown)))
  } finally {
    hands.givingPayloads.release(to)
  }
}
