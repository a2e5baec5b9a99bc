/** Sets the limits of the chats that a daemon keeps. */

/** Bounds of chats, each with its unit. */
export const chatLimits = {
  /** The most chats, messages of a chat, and answers to one message. A further one is refused: nothing is removed by itself. */
  chats_max: 1_000,
  chat_turns_max: 500,
  chat_answers_max: 20,
  /** The most characters of a chat's messages and answers, and of one answer, in UTF-16 units. */
  chat_chars_max: 4 * 1024 * 1024,
  chat_answer_chars_max: 1024 * 1024,
  /** The most characters of a chat's title, which is the beginning of its first message. */
  chat_title_chars_max: 80,
  /** The most characters of what a model is told first. */
  chat_system_chars_max: 64 * 1024,
  /** The most answers that are under way at a time, each in a chat of its own. */
  chat_answers_running_max: 16,
  /** Milliseconds between two writes of an answer that is under way: a crash loses no more of its text. */
  chat_save_ms: 2_000,
} as const
