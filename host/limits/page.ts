/** Bounds of the page and of what lets it in, each with its unit. */
export const pageLimits = {
  /** How long a one-time code lets a page in, in milliseconds, and codes that are valid at a time. */
  page_code_ms: 60_000,
  page_codes_max: 8,
  /** Keys of pages that are valid at a time; one more takes the place of the one used longest ago. */
  page_keys_max: 16,
  /** How long a browser that was started may take to say that it cannot be, in milliseconds. */
  browser_word_ms: 3_000,
  /** Longest event of a stream that the page reads, and longest answer that it shows, in characters. */
  page_event_chars_max: 1024 * 1024,
  page_answer_chars_max: 1024 * 1024,
  /** Steps of a task that the page shows. */
  page_steps_max: 64,
  /** How long the page follows a task whose answer is whole, in milliseconds: its last steps come by another stream. */
  page_follow_ms: 5_000,
  /** Deadline of a call of the page that has an answer at once, in milliseconds. */
  page_call_ms: 30_000,
} as const
