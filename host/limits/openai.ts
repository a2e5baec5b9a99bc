/** Bounds of the API in OpenAI's shape, each with its unit. */
export const openaiLimits = {
  /** How deep the JSON of a request may nest: schemas of tools seldom go beyond ten. */
  openai_depth_max: 64,
  /** Longest name of a model that is asked for, in UTF-16 units: an agent key and the name of a file. */
  openai_model_chars_max: 256,
  /** Parts that one turn of a chat may come in. */
  chat_parts_max: 256,
  /** Fields that a request has, that nothing is done with, and that its answer names. */
  openai_ignored_max: 16,
  /** Most texts to embed of one request, as with OpenAI, and most prompts of one completion request. */
  embed_inputs_max: 2_048,
  completion_prompts_max: 128,
  /** Prompts of one request, or batches of texts, that are answered at the same time: the others leave room for other requests. */
  openai_asks_at_once_max: 16,
  /** Tokens of a completion that names no number, as OpenAI has it. */
  completion_tokens_default: 16,
  /**
   * How long a client may take nothing of an answer that waits for it before it is cut off, in milliseconds. It is longer than
   * `event_ping_ms`, so that a stream on which nothing happens is not taken for one that nobody reads.
   */
  reader_stall_ms: 30_000,
  /** Names of models that are told to whoever asks for one that is not there. */
  nearest_names_max: 3,
} as const
