/** Takes in the messages of peers. */
import { sha256Hex } from '../codec/digest.ts'
import { limits } from '../limits.ts'
import { expectsClose, type Reply } from '../mesh/reply.ts'
import type { Held } from '../mesh/state/held.ts'
import { ownTask } from '../mesh/state/state.ts'
import type { AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import type { LoopContext } from './context/context.ts'
import { isPayload, prefixDigest } from './context/payload.ts'
import { acceptEvent } from './messages/accept-event.ts'
import { serveEvent } from './messages/serve-event.ts'
import { acceptTokens } from './poster/accept-tokens.ts'
import { sendPayload } from './poster/send-payload.ts'
import { sendClosed } from './records/task-record.ts'

/**
 * Most answers that are being sent at a time, per peer and in all. Anybody may ask about tasks, and need not take the
 * answers. A peer that asks for more gets no answer, and may ask again.
 */
export const answering = { each: limits.answers_per_peer_max, all: limits.answers_max }

/**
 * Takes in a peer's message and answers it. Returns 'unwanted' for a piece of an answer that the peer should not send.
 */
export function receive(from: AgentKey, message: Message, context: LoopContext): 'unwanted' | undefined {
  if (message.type !== 'tokens') {
    takeIn(from, message, context)
    return
  }
  const { tell, wanted } = acceptTokens(from, message, context)
  if (tell) takeIn(from, tell, context)
  return wanted ? undefined : 'unwanted'
}

function takeIn(from: AgentKey, message: Message, context: LoopContext): void {
  const at = context.needs.clock.now()
  switch (message.type) {
    case 'payload':
      receivePayload(from, message, context)
      return
    case 'event':
      acceptEvent(from, message, context)
      return
    case 'event_request':
      void serveEvent(from, message.hash, context)
      return
    case 'progress':
      // A worker that generates more than was asked for gives no sign of life by it.
      if (context.texts.isTooMany(message.task, message.tokens_out)) return
  }
  // Only an offered task can be refused: else a stranger's messages would push all others out of the history.
  if (message.type === 'refuse' && context.state().open.get(message.task)?.offers.has(from))
    context.record({ type: 'refused', task: message.task, by: from, code: message.code })
  if (expectsClose(message) && !ownTask(context.state(), message.task))
    void sendClosed(from, message.task, context)
  context.dispatch({ type: 'message_received', from, message, at })
  const asks = message.type === 'open_tasks' || message.type === 'who_runs'
  if (asks && !context.answering.take(from)) return
  const answered = answer(context.core.reply(context.state(), from, message, at), context)
  if (asks) void answered.finally(() => context.answering.release(from))
}

async function answer(reply: Reply | null, context: LoopContext): Promise<void> {
  if (reply?.type === 'send') await context.send(reply.to, reply.message)
  if (reply?.type === 'payload') await sendPayload(reply.to, reply.task, reply.attempt, context)
}

/** Accepts a payload only if a held grant wants it and the task names its digest and size. */
function receivePayload(
  from: AgentKey,
  message: Extract<Message, { type: 'payload' }>,
  context: LoopContext,
): void {
  const { task, attempt, salt, payload, prefix } = message
  for (const held of context.state().held.values()) {
    if (held.task !== task || held.attempt !== attempt || held.poster !== from || !held.taskEvent) continue
    const { payload_digest, payload_bytes } = held.taskEvent.entry
    if (payload.length !== payload_bytes || sha256Hex(salt, payload) !== payload_digest) continue
    const prefix_digest = prefixDigest(salt, prefix)
    if (!isPayload(payload) || !goesOn(held, prefix_digest)) continue
    context.dispatch({ type: 'payload_arrived', grant: held.grant, payload, prefix, prefix_digest })
  }
}

/**
 * Whether the text so far is the one that the Grant names, if the Grant is here. It is checked again before the Result
 * is written.
 */
function goesOn({ grantEvent }: Held, digest: string | null): boolean {
  return grantEvent === null || digest === null || grantEvent.entry.prefix_digest === digest
}
