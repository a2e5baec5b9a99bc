import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { retried } from '../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readDraft } from './post.ts'
import { keptPrefix } from './prefix.ts'

/** What is being given at a time: a grantee may ask as often as it likes, and each payload is held in memory on its way. */
export const givingPayloads = { each: limits.payloads_given_per_peer_max, all: limits.payloads_given_max }

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
