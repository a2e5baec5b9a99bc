/** Sends payloads to grantees. */
import { limits } from '../../limits.ts'
import { retried } from '../../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { Hands } from '../context/hands.ts'
import { readDraft } from '../records/draft.ts'
import { keptPrefix } from '../records/prefix.ts'

/**
 * Most payloads that are being sent at a time, per peer and in all. A grantee may ask as often as it likes, and each
 * payload is held in memory while it is sent.
 */
export const givingPayloads = { each: limits.payloads_given_per_peer_max, all: limits.payloads_given_max }

/**
 * Notifies a worker of its Grant for the first time, and sends the payload along, which it would request next. If the
 * payload is lost or arrives first, the worker requests it. A task that carries its payload needs none.
 */
export async function tellGranted(
  to: AgentKey,
  word: Extract<Message, { type: 'granted' }>,
  hands: Hands,
): Promise<void> {
  const carried = hands.state().open.get(word.task)?.task.entry.fallback
  const told = hands.send(to, word)
  if (!carried) await givePayload(to, word.task, word.attempt, hands)
  await told
}

/** Sends the payload of an own task to its grantee. A grantee that gets none asks again. */
export async function givePayload(
  to: AgentKey,
  task: ActionHash,
  attempt: number,
  hands: Hands,
): Promise<void> {
  if (!hands.givingPayloads.take(to)) return
  try {
    const posted = hands.state().open.get(task)
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
    hands.record(retried('send_payload', thrown))
  } finally {
    hands.givingPayloads.release(to)
  }
}
