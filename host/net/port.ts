/** Declares the port by which daemons exchange messages. */
import type { AgentKey } from '../types/events.ts'
import type { Message, TokensMessage } from '../types/message.ts'
import type { Proof } from '../types/peer.ts'

/** Pieces of one answer, sent to its poster in order. */
export interface TokenStream {
  /** Sends a piece. Without a stream the piece goes as a message of its own, which may be lost. */
  write(piece: TokensMessage): void
  /** Ends the stream once everything written is sent. */
  end(): void
}

/** The way by which a message came: a stream, or a signal through the conductor. */
export type MessageWay = Extract<Proof, 'stream' | 'signal'>

/**
 * A function that receives a message. Only its result `unwanted` has a meaning: it ends the stream of pieces that brought
 * the message.
 */
export type MessageHandler = (from: AgentKey, message: Message, by: MessageWay) => unknown

/**
 * Messages from daemon to daemon. `messages.ts` sends them over noise-encrypted streams bound to the agents' keys, and
 * through the conductors if there is no stream. `memory.ts` is for simulation. Every message may be lost, late, twice or
 * out of order, even if its `send` resolved.
 */
export interface Messages {
  /** Sends a message. Rejects with `RIPPLE_PEER_UNKNOWN` or `RIPPLE_PEER_UNREACHABLE`. */
  send(to: AgentKey, message: Message, signal: AbortSignal): Promise<void>
  /** Opens a stream of pieces of an answer; the peer's handlers receive them as messages. Never throws. */
  stream(to: AgentKey, signal: AbortSignal): TokenStream
  /** Calls the handler with each message and its sender's key. The returned function ends that. */
  onMessage(handler: MessageHandler): () => void
}
