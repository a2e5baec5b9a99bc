/** Sets the limits of the metrics. */

/** Bounds of the metrics, each with its unit. */
export const metricLimits = {
  /** The most series of one machine. */
  metric_series_max: 2_000,
  /** The most own requests whose first text is awaited; the oldest is left out beyond that. */
  metric_awaited_max: 1_024,
  /** Milliseconds in which the figures of one scrape must be read; a figure that takes longer is left out. */
  metric_scrape_ms: 5_000,
} as const
