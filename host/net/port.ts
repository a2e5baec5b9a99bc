import type { AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'

/**
 * Messages from daemon to daemon: `messages.ts` over noise-encrypted streams bound to the agents' keys, and through the
 * conductors where there is no stream; `memory.ts` in simulation. Every message may be lost, late, twice or out of order,
 * also one whose `send` resolved.
 */
export interface Messages {
  /** Hands a message over. Rejects with `RIPPLE_PEER_UNKNOWN` or `RIPPLE_PEER_UNREACHABLE`. */
  send(to: AgentKey, message: Message, signal: AbortSignal): Promise<void>
  /** Calls the handler with each message and the key of the peer that sent it; the returned function ends that. */
  onMessage(handler: (from: AgentKey, message: Message) => void): () => void
}
