/** Sets the limits of asks to the mesh's models. */

/** Bounds of the asks of people and programs, each with its unit. */
export const inferenceLimits = {
  /** The most answers that one daemon generates at a time; each member of an ensemble counts as one. */
  asks_max: 64,
  /** The most asks that wait for a place; further ones are refused as busy. Each holds its prompt in memory. */
  asks_waiting_max: 512,
  /** The longest `Retry-After` of an ask that was refused as busy, in seconds. */
  ask_retry_after_s_max: 600,
  /** The most turns of one chat, tools, stop words, and characters of a stop word. */
  chat_messages_max: 2_048,
  chat_tools_max: 128,
  stop_words_max: 16,
  stop_word_chars_max: 256,
  /** The most texts to embed in one task, and the most bytes of a task with several texts. */
  embed_texts_max: 256,
  embed_batch_bytes_max: 256 * 1024,
  /**
   * Milliseconds until a worker must begin an interactive task, with its turn and the load of its model. It is longer than a
   * large model takes to load from a disk. Then another worker is asked, if there is one.
   */
  first_start_ms: 120_000,
  /** Milliseconds until an answer must begin, and between two pieces, before another peer continues it. */
  first_token_ms: 30_000,
  next_token_ms: 5_000,
  /**
   * Milliseconds that a worker may only report generating without any piece, before another peer continues. After a lost
   * piece no later one counts, so an honest worker gets the time of a usual answer.
   */
  counted_only_ms: 120_000,
  /**
   * The longest text of an answer that is followed or resumed, in bytes of UTF-8. With the longest payload (1 MiB) it must
   * fit in one message (`message_bytes_max`). A longer text comes with the output.
   */
  answer_text_bytes_max: 960 * 1024,
  /** The most UTF-16 units of all such texts of a daemon. */
  answer_texts_chars_max: 32_000_000,
  /** The most bytes of text for one token: more than the longest token of any vocabulary in use. */
  token_bytes_max: 1_024,
  /**
   * Deadlines of an ask, for which a client waits, in milliseconds: to its first worker, of one run, and in all. A slow CPU,
   * at seven tokens a second, generates `answer_context_tokens` in the time of one run.
   */
  ask_deadlines_ms: { queue: 300_000, run: 1_200_000, total: 1_500_000 },
  /**
   * Milliseconds that an answer's first piece may take in addition to `first_token_ms`: for each byte read, and for another
   * worker's text that is resumed (`answer_context_tokens` at forty a second).
   */
  first_token_ms_per_byte: 12,
  first_token_prefix_ms: 205_000,
  /** The longest piece of an answer in one message, in UTF-16 units, and the largest such message, in bytes. */
  token_piece_chars_max: 16_384,
  token_frame_bytes_max: 128 * 1024,
  /** Milliseconds for sending one piece; then it goes with the next. */
  token_send_ms: 4_000,
  /** The most streams that one answer may open, if each breaks. */
  token_streams_tried_max: 8,
  /** Milliseconds that a stream of an answer may be silent. */
  token_stream_idle_ms: 60_000,
  /** The most streams of answers that are read at a time, from one peer and from all. */
  token_streams_each_max: 32,
  token_streams_max: 256,
  /** Milliseconds that a count of a prompt's tokens may wait for the engine, and the bytes of a token of an estimate. */
  count_ms: 2_000,
  estimated_token_bytes: 3,
  /** The tokens of each member's answer in an ensemble by default, and the most that `moe query` takes. */
  answer_tokens_default: 4_096,
  /**
   * The context of an ask with a short prompt, if it names no number of tokens or more than `answer_tokens_sure`. The answer
   * gets all that the prompt leaves of it. A slow CPU generates about as much in one run, so a larger context would often
   * waste memory.
   */
  answer_context_tokens: 8_192,
  /** The tokens that fit after a prompt of any length, if the ask names a number of tokens, and if it names none. */
  answer_tokens_sure: { named: 4_096, unnamed: 1_024 },
  /** The upper bound of seeds, as in llama.cpp. */
  seed_max: 0xffff_ffff,
  /** The most cached answers, which would be the same again, the characters of their text, and their life in milliseconds. */
  prompt_cache_entries_max: 100_000,
  prompt_cache_chars_max: 32_000_000,
  prompt_cache_ttl_ms: 3_600_000,
} as const
