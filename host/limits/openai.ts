/** Sets the limits of the OpenAI-compatible API. */

/** Bounds of the API in OpenAI's format, each with its unit. */
export const openaiLimits = {
  /** The deepest nesting of a request's JSON: schemas of tools seldom exceed ten levels. */
  openai_depth_max: 64,
  /** The longest model name in a request, in UTF-16 units: an agent key and the name of a file. */
  openai_model_chars_max: 256,
  /** The most parts of one turn of a chat. */
  chat_parts_max: 256,
  /** The most ignored fields of a request that its answer names. */
  openai_ignored_max: 16,
  /** The most texts to embed in one request, as with OpenAI, and the most prompts of one completion request. */
  embed_inputs_max: 2_048,
  completion_prompts_max: 128,
  /** The most prompts, or batches of texts, of one request that run at a time, so that other requests have room. */
  openai_asks_at_once_max: 16,
  /** The most answers to one prompt. */
  openai_answers_max: 8,
  /** The most tokens of a prompt that is given as tokens. */
  prompt_tokens_max: 131_072,
  /** The most likeliest tokens of each place, and the most tokens whose logits are changed. */
  top_logprobs_max: 20,
  logit_bias_max: 300,
  /** The least log probability in an answer, as with OpenAI: JSON has no infinity. */
  logprob_min: -9_999,
  /** The tokens of a completion by default, as with OpenAI. */
  completion_tokens_default: 16,
  /**
   * Milliseconds that a client may read nothing of a waiting answer before it is disconnected. It is longer than
   * `event_ping_ms`, so that an idle stream does not look unread.
   */
  reader_stall_ms: 30_000,
  /** The most answers of the Responses API that are kept in memory, and their bytes as JSON. */
  responses_kept_max: 1_000,
  responses_kept_bytes_max: 16 * 1024 * 1024,
  /** The longest name of a machine in a header, in UTF-16 units, and the most machines that a request excludes. */
  machine_name_chars_max: 256,
  machines_excluded_max: 16,
  /** The most similar model names that an error suggests for an unknown model. */
  nearest_names_max: 3,
} as const
