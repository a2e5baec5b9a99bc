/** Sets the limits of traces. */

/** Bounds of the spans that this machine makes and sends, each with its unit. */
export const traceLimits = {
  /** The most spans that wait for the collector; more are dropped. */
  trace_queue_max: 2_048,
  /** The most spans of one export. */
  trace_batch_max: 512,
  /** Milliseconds between two exports. */
  trace_every_ms: 1_000,
  /** Milliseconds for one export with its retries; its spans are dropped after that. */
  trace_export_ms: 3_000,
  /** Milliseconds for the last export, when the daemon stops. */
  trace_flush_ms: 3_000,
  /** The most own tasks, and the most tasks of peers, that are traced at a time; the oldest is left out beyond that. */
  traced_tasks_max: 1_024,
  /** The longest text of an attribute, in characters. */
  trace_text_max: 256,
} as const
