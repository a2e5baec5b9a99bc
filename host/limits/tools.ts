/** Sets the limits of MCP servers, whose tools models and programs may call. */

/** Bounds of calls and their answers, each with its unit. */
export const toolLimits = {
  /** Milliseconds for one call, from the start of the server to its answer. */
  tool_call_ms: 60_000,
  /** Milliseconds for the list of one server's tools. */
  tool_list_ms: 20_000,
  /** The most calls that one daemon waits for at a time; further ones are refused as busy. */
  tool_calls_max: 8,
  /** The most calls of one UTC day, unless the owner sets another number. */
  tool_calls_per_day: 1_000,
  /** The largest arguments of a call, and the largest answer, in bytes of JSON. */
  tool_arguments_bytes_max: 32 * 1024,
  tool_answer_bytes_max: 1024 * 1024,
  /** The most tools of a server that are listed, and the longest description and schema of each, in characters. */
  tools_listed_max: 256,
  tool_about_chars_max: 2_048,
  tool_schema_chars_max: 16_384,
  /** The most of a server's own words in an error, in characters. */
  tool_words_max: 240,
} as const
