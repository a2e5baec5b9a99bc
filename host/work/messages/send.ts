/** Sends messages to peers. */
import { retried } from '../../telemetry/history.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { LoopContext } from '../context/context.ts'
import { withDeadline } from '../context/deadline.ts'

/**
 * Sends a message that may be lost: the plan sends each one again, or the peer asks for it. A message to this machine is
 * passed to `receive`.
 */
export async function send(
  to: AgentKey,
  message: Message,
  context: LoopContext,
  receive: (from: AgentKey, message: Message, context: LoopContext) => void,
): Promise<void> {
  if (to === context.needs.dht.agent) {
    await Promise.resolve()
    receive(to, message, context)
    return
  }
  const { clock, messages } = context.needs
  try {
    await withDeadline(clock, context.bounds.message_send_ms, 'a message', context.signal, (signal) =>
      messages.send(to, message, signal),
    )
  } catch (thrown) {
    if (!context.signal.aborted) context.record(retried(`send ${message.type}`, thrown))
  }
}
