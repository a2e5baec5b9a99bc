/** Bounds of what people and programs ask of the mesh's models, each with its unit. */
export const inferenceLimits = {
  /** Requests for an answer that one daemon has in hand, answered as they come; further ones are refused as busy. */
  asks_max: 64,
  /** Turns of one chat, tools that it may name, and words that end an answer. */
  chat_messages_max: 1_024,
  chat_tools_max: 64,
  stop_words_max: 4,
  stop_word_chars_max: 256,
  /** Texts that one request may have embedded. */
  embed_texts_max: 256,
  /** How long an answer may take to begin, and how long it may pause, before another peer goes on with it, in milliseconds. */
  first_token_ms: 30_000,
  next_token_ms: 5_000,
} as const
