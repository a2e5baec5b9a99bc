/** Bounds of what people and programs ask of the mesh's models, each with its unit. */
export const inferenceLimits = {
  /** Answers that one daemon is asked for at a time, each member of an ensemble being one. */
  asks_max: 64,
  /** Most asks that wait for a place; further ones are refused as busy. Each holds its prompt in memory. */
  asks_waiting_max: 512,
  /** Longest `Retry-After` of an ask that was refused as busy, in seconds. */
  ask_retry_after_s_max: 600,
  /** Turns of one chat, tools that it may name, and words that end an answer. */
  chat_messages_max: 2_048,
  chat_tools_max: 128,
  stop_words_max: 16,
  stop_word_chars_max: 256,
  /** Most texts to embed of one task, and most bytes of a task with several texts. */
  embed_texts_max: 256,
  embed_batch_bytes_max: 256 * 1024,
  /**
   * How long a worker may take to begin what somebody waits for, with its turn and the load of its model, in milliseconds: longer than
   * a large model takes to load from a disk. Then another is asked, where there is one.
   */
  first_start_ms: 120_000,
  /** How long an answer may take to begin, and how long it may pause, before another peer goes on with it, in milliseconds. */
  first_token_ms: 30_000,
  next_token_ms: 5_000,
  /**
   * How long a worker may only say that it generates, and bring no piece, before another peer goes on, in milliseconds. A piece that was
   * lost leaves a gap behind which no later one counts, so an honest worker is given the time of a usual answer.
   */
  counted_only_ms: 120_000,
  /**
   * Longest text of an answer that is followed or gone on with, in bytes of UTF-8: beside the longest payload (1 MiB) it must fit in
   * one message (`message_bytes_max`). What is longer comes with the output.
   */
  answer_text_bytes_max: 960 * 1024,
  /** All such texts of a daemon, in UTF-16 units. */
  answer_texts_chars_max: 32_000_000,
  /** Most text that one token stands for, in bytes: more than the longest of any vocabulary in use. */
  token_bytes_max: 1_024,
  /**
   * Deadlines of an ask, for which a client waits, in milliseconds: to its first worker, of one run, and in all. A slow CPU, at seven
   * tokens a second, generates `answer_context_tokens` in the time of one run.
   */
  ask_deadlines_ms: { queue: 300_000, run: 1_200_000, total: 1_500_000 },
  /**
   * How long an answer waits for its first piece beside `first_token_ms`, in milliseconds: for each byte that is read, and for the text
   * of another worker that is gone on with, `answer_context_tokens` at forty a second.
   */
  first_token_ms_per_byte: 12,
  first_token_prefix_ms: 205_000,
  /** Longest piece of an answer in one message, in UTF-16 units, and the largest such message, in bytes. */
  token_piece_chars_max: 16_384,
  token_frame_bytes_max: 128 * 1024,
  /** Deadline of handing over one piece, in milliseconds; then it goes with the next. */
  token_send_ms: 4_000,
  /** Streams that one answer may open, where each breaks. */
  token_streams_tried_max: 8,
  /** How long a stream of an answer may be silent, in milliseconds. */
  token_stream_idle_ms: 60_000,
  /** Streams of answers that are read at a time, from one peer and from all. */
  token_streams_each_max: 32,
  token_streams_max: 256,
  /** Tokens of each member's answer in an ensemble where no number was named, and the most that `moe query` takes. */
  answer_tokens_default: 4_096,
  /**
   * The context of an ask with a short prompt that names no number of tokens, or more than `answer_tokens_sure`: the answer gets all
   * that the prompt leaves of it. A slow CPU generates about as much in the time of a run, so a larger one would often waste memory.
   */
  answer_context_tokens: 8_192,
  /** Tokens that fit behind a prompt of any length, if the ask names a number of tokens, and if it names none. */
  answer_tokens_sure: { named: 4_096, unnamed: 1_024 },
  /** Seeds are below this, as llama.cpp's are. */
  seed_max: 0xffff_ffff,
  /** Answers that are kept because they would be the same again, how much text of them, and for how long, in milliseconds. */
  prompt_cache_entries_max: 100_000,
  prompt_cache_chars_max: 32_000_000,
  prompt_cache_ttl_ms: 3_600_000,
} as const
