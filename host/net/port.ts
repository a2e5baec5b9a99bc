import type { AgentKey } from '../types/events.ts'
import type { Message, TokensMessage } from '../types/message.ts'

/** Pieces of one answer on their way to its poster, in order. */
export interface TokenStream {
  /** Sends a piece. What cannot go by stream goes as a message of its own, which may be lost. */
  write(piece: TokensMessage): void
  /** Ends the stream once what was written is sent. */
  end(): void
}

/** Takes in a message. What it returns means nothing but for `unwanted`, which ends the stream of pieces that brought it. */
export type MessageHandler = (from: AgentKey, message: Message) => unknown

/**
 * Messages from daemon to daemon: `messages.ts` over noise-encrypted streams bound to the agents' keys, and through the
 * conductors where there is no stream; `memory.ts` in simulation. Every message may be lost, late, twice or out of order,
 * also one whose `send` resolved.
 */
export interface Messages {
  /** Hands a message over. Rejects with `RIPPLE_PEER_UNKNOWN` or `RIPPLE_PEER_UNREACHABLE`. */
  send(to: AgentKey, message: Message, signal: AbortSignal): Promise<void>
  /** Opens a stream of pieces of an answer; what arrives reaches the other's handlers as messages. Never throws. */
  stream(to: AgentKey, signal: AbortSignal): TokenStream
  /** Calls the handler with each message and the key of the peer that sent it; the returned function ends that. */
  onMessage(handler: MessageHandler): () => void
}
