/** Has the trace context of a task go along with its messages. */
import { peerIdFromString } from '@libp2p/peer-id'
import type { Traces } from '../telemetry/traces/port.ts'
import type { Message } from '../types/message.ts'
import type { PeerAddress, PeerNode } from './libp2p.ts'
import { tracedProtocol } from './message-stream.ts'
import type { Messages } from './port.ts'

/** Returns messages that carry contexts to peers, and report those of peers to the traces; the same ones without traces. */
export function tracedMessages(
  messages: Messages,
  traces: Pick<Traces, 'sending' | 'received'> | null,
): Messages {
  if (traces === null) return messages
  return {
    send: async (to, message, signal) => {
      const traced = traces.sending(to, message)
      await messages.send(to, traced.message, signal).finally(traced.sent)
    },
    stream: (to, signal) => messages.stream(to, signal),
    onMessage: (handler) =>
      messages.onMessage((from, message, by) => {
        traces.received(from, message)
        return handler(from, message, by)
      }),
  }
}

/** Returns a message without its trace context, unless the peer is known to take one. */
export async function fitting(
  message: Message,
  peer: PeerAddress | null,
  { libp2p }: Pick<PeerNode, 'libp2p'>,
): Promise<Message> {
  if (!('trace' in message) || message.trace === undefined) return message
  const known = peer && (await libp2p.peerStore.get(peerIdFromString(peer.peerId)).catch(() => null))
  if (known?.protocols.includes(tracedProtocol)) return message
  const { trace, ...plain } = message
  return plain
}
