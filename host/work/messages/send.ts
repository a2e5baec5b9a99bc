/** Sends messages to peers. */
import { retried } from '../../telemetry/history.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import { withDeadline } from '../context/deadline.ts'
import type { Hands } from '../context/hands.ts'

/**
 * Sends a message that may be lost: the plan sends each one again, or the peer asks for it. A message to this machine is
 * passed to `receive`.
 */
export async function send(
  to: AgentKey,
  message: Message,
  hands: Hands,
  receive: (from: AgentKey, message: Message, hands: Hands) => void,
): Promise<void> {
  if (to === hands.needs.dht.agent) {
    await Promise.resolve()
    receive(to, message, hands)
    return
  }
  const { clock, messages } = hands.needs
  try {
    await withDeadline(clock, hands.bounds.message_send_ms, 'a message', hands.signal, (signal) =>
      messages.send(to, message, signal),
    )
  } catch (thrown) {
    if (!hands.signal.aborted) hands.record(retried(`send ${message.type}`, thrown))
  }
}
