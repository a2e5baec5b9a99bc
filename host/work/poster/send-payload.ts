/** Sends payloads to grantees. */
import { limits } from '../../limits.ts'
import { retried } from '../../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { PosterContext } from '../context/context.ts'
import { readDraft } from '../records/draft.ts'
import { journaledPrefix } from '../records/prefix.ts'

/**
 * Most payloads that are being sent at a time, per peer and in all. A grantee may ask as often as it likes, and each
 * payload is held in memory while it is sent.
 */
export const sendingPayloads = { each: limits.payloads_given_per_peer_max, all: limits.payloads_given_max }

/**
 * Notifies a worker of its Grant for the first time, and sends the payload along, which it would request next. If the
 * payload is lost or arrives first, the worker requests it. A task that carries its payload needs none.
 */
export async function sendGranted(
  to: AgentKey,
  word: Extract<Message, { type: 'granted' }>,
  context: PosterContext,
): Promise<void> {
  const carried = context.state().open.get(word.task)?.task.entry.fallback
  const told = context.send(to, word)
  if (!carried) await sendPayload(to, word.task, word.attempt, context)
  await told
}

/** Sends the payload of an own task to its grantee. A grantee that gets none asks again. */
export async function sendPayload(
  to: AgentKey,
  task: ActionHash,
  attempt: number,
  context: PosterContext,
): Promise<void> {
  if (!context.sendingPayloads.take(to)) return
  try {
    const posted = context.state().open.get(task)
    const draft = posted ? await readDraft(posted.task.entry.id, context) : null
    const prefix = await journaledPrefix(task, attempt, context)
    if (draft)
      await context.send(to, {
        type: 'payload',
        task,
        attempt,
        salt: draft.salt,
        payload: draft.payload,
        prefix,
      })
  } catch (thrown) {
    context.record(retried('send_payload', thrown))
  } finally {
    context.sendingPayloads.release(to)
  }
}
