/** Takes in the messages of peers. */
import { sha256Hex } from '../codec/digest.ts'
import { limits } from '../limits.ts'
import { expectsClose, type Reply } from '../mesh/reply.ts'
import type { Held } from '../mesh/state/held.ts'
import { ownTask } from '../mesh/state/state.ts'
import type { AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import type { Hands } from './context/hands.ts'
import { isPayload, prefixDigest } from './context/payload.ts'
import { giveEvent } from './messages/give-event.ts'
import { takeEvent } from './messages/take-event.ts'
import { givePayload } from './poster/give-payload.ts'
import { takeTokens } from './poster/take-tokens.ts'
import { tellClosed } from './records/task-record.ts'

/**
 * Most answers that are being sent at a time, per peer and in all. Anybody may ask about tasks, and need not take the
 * answers. A peer that asks for more gets no answer, and may ask again.
 */
export const answering = { each: limits.answers_per_peer_max, all: limits.answers_max }

/**
 * Takes in a peer's message and answers it. Returns 'unwanted' for a piece of an answer that the peer should not send.
 */
export function receive(from: AgentKey, message: Message, hands: Hands): 'unwanted' | undefined {
  if (message.type !== 'tokens') {
    takeIn(from, message, hands)
    return
  }
  const { tell, wanted } = takeTokens(from, message, hands)
  if (tell) takeIn(from, tell, hands)
  return wanted ? undefined : 'unwanted'
}

function takeIn(from: AgentKey, message: Message, hands: Hands): void {
  const at = hands.needs.clock.now()
  switch (message.type) {
    case 'payload':
      receivePayload(from, message, hands)
      return
    case 'event':
      takeEvent(from, message, hands)
      return
    case 'event_request':
      void giveEvent(from, message.hash, hands)
      return
    case 'progress':
      // A worker that generates more than was asked for gives no sign of life by it.
      if (hands.texts.isTooMany(message.task, message.tokens_out)) return
  }
  // Only an offered task can be refused: else a stranger's messages would push all others out of the history.
  if (message.type === 'refuse' && hands.state().open.get(message.task)?.offers.has(from))
    hands.record({ type: 'refused', task: message.task, by: from, code: message.code })
  if (expectsClose(message) && !ownTask(hands.state(), message.task))
    void tellClosed(from, message.task, hands)
  hands.dispatch({ type: 'message_received', from, message, at })
  const asks = message.type === 'open_tasks' || message.type === 'who_runs'
  if (asks && !hands.answering.take(from)) return
  const answered = answer(hands.core.reply(hands.state(), from, message, at), hands)
  if (asks) void answered.finally(() => hands.answering.release(from))
}

async function answer(reply: Reply | null, hands: Hands): Promise<void> {
  if (reply?.type === 'send') await hands.send(reply.to, reply.message)
  if (reply?.type === 'payload') await givePayload(reply.to, reply.task, reply.attempt, hands)
}

/** Accepts a payload only if a held grant wants it and the task names its digest and size. */
function receivePayload(from: AgentKey, message: Extract<Message, { type: 'payload' }>, hands: Hands): void {
  const { task, attempt, salt, payload, prefix } = message
  for (const held of hands.state().held.values()) {
    if (held.task !== task || held.attempt !== attempt || held.poster !== from || !held.taskEvent) continue
    const { payload_digest, payload_bytes } = held.taskEvent.entry
    if (payload.length !== payload_bytes || sha256Hex(salt, payload) !== payload_digest) continue
    const prefix_digest = prefixDigest(salt, prefix)
    if (!isPayload(payload) || !goesOn(held, prefix_digest)) continue
    hands.dispatch({ type: 'payload_arrived', grant: held.grant, payload, prefix, prefix_digest })
  }
}

/**
 * Whether the text so far is the one that the Grant names, if the Grant is here. It is checked again before the Result
 * is written.
 */
function goesOn({ grantEvent }: Held, digest: string | null): boolean {
  return grantEvent === null || digest === null || grantEvent.entry.prefix_digest === digest
}
