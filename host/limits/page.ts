/** Sets the limits of the page. */

/** Bounds of the page and its access, each with its unit. */
export const pageLimits = {
  /** Milliseconds for which a one-time code opens the page, and the most valid codes. */
  page_code_ms: 60_000,
  page_codes_max: 8,
  /** The most valid keys of pages; one more replaces the one used longest ago. */
  page_keys_max: 16,
  /** Milliseconds in which a started browser may report that it cannot start. */
  browser_word_ms: 3_000,
  /** The longest event of a stream that the page reads, in characters. */
  page_event_chars_max: 1024 * 1024,
  /** The longest artifact that the page reads, in bytes: it is in the browser's memory twice. */
  page_artifact_bytes_max: 32 * 1024 * 1024,
  /** The largest receipt that is read, in bytes: payload and output at their bounds, and the events around them. */
  receipt_bytes_max: 32 * 1024 * 1024,
  /** The most steps of a task that the page shows. */
  page_steps_max: 64,
  /** The most events that the page lists as recent. */
  page_happenings_max: 60,
  /** The longest answer whose Markdown the page lays out, in characters; a longer one is shown as it is. */
  page_markdown_chars_max: 100_000,
  /** The characters of a message that the page shows at first. */
  page_message_chars_shown: 1_000,
  /** The most text files that go with a message, and their most bytes in all. */
  page_files_max: 8,
  page_files_bytes_max: 256 * 1024,
  /** Milliseconds after which the page follows the events again, if their stream broke. */
  page_follow_pause_ms: 1_000,
  /** Least milliseconds between two readings of the same operation after events. */
  page_read_pause_ms: 250,
  /** The most lines of the log that the page shows. */
  page_log_lines_max: 300,
  /** Milliseconds for a call of the page that is answered at once. */
  page_call_ms: 30_000,
  /** Milliseconds between two looks at the cards of machines, where a launcher opened the page. */
  page_cards_ms: 5_000,
} as const
