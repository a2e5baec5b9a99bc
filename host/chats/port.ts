/** Defines the port of the chats that a daemon keeps. */
import type { Chat, ChatRow, ChatSettings } from '../types/chat.ts'
import type { Principal } from '../types/principal.ts'

/** The ids of a message and of its answer, which is under way. */
export interface Begun {
  readonly chat: string
  readonly message: string
  readonly answer: string
}

/** How an answer is asked, and by whom. */
export interface Asking {
  readonly settings: ChatSettings
  readonly principal: Principal
}

/** A new message. */
export interface NewMessage extends Asking {
  /** The chat, by its id; null begins a new one. */
  readonly chat: string | null
  readonly text: string
  /** The answer that the message follows; null for the newest one to the message before. */
  readonly follows: string | null
}

/** The chats of this machine's owner. All methods but `stop` reject with `RIPPLE_CHATS_DAMAGED` and `RIPPLE_DATA_NEWER`. */
export interface Chats {
  /** Lists the chats, the last changed first. */
  list(): Promise<readonly ChatRow[]>
  /** Returns a chat by its id or an unambiguous beginning of it. Rejects with `RIPPLE_CHAT_UNKNOWN`. */
  show(id: string): Promise<Chat>
  /**
   * Adds a message and begins its answer. Rejects with `RIPPLE_CHAT_UNKNOWN`, `RIPPLE_CHAT_RUNNING`, `RIPPLE_CHAT_FULL`,
   * `RIPPLE_CHAT_MANY`, `RIPPLE_BUSY`, `RIPPLE_DISK_FULL`.
   */
  send(message: NewMessage): Promise<Begun>
  /** Begins another answer to the last message. Rejects as `send` does. */
  retry(id: string, asking: Asking): Promise<Begun>
  /** Changes a message, removes what followed it, and begins its answer. Rejects as `send` does. */
  edit(id: string, message: string, text: string, asking: Asking): Promise<Begun>
  /** Ends the answer of a chat that is under way, and returns whether there was one. Its text so far stays. */
  stop(id: string): Promise<boolean>
  /** Removes a chat for good, and ends its answer. Returns its row. Rejects with `RIPPLE_CHAT_UNKNOWN`. */
  remove(id: string): Promise<Pick<ChatRow, 'id' | 'title'>>
}
