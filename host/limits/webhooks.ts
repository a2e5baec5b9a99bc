/** Sets the limits of webhooks, by which this machine notifies other programs. */

/** Bounds of webhooks and their deliveries, each with its unit. */
export const webhookLimits = {
  /** The most receivers in the configuration. */
  webhooks_max: 16,
  /** Milliseconds for one try: the connection, the request and the status of the answer. */
  webhook_try_ms: 10_000,
  /** The most tries of one delivery. */
  webhook_tries_max: 6,
  /** Milliseconds before the second try. Each later pause is `webhook_pause_growth` times as long: about 13 minutes in all. */
  webhook_pause_ms: 1_000,
  webhook_pause_growth: 5,
  /** The most deliveries to one receiver that wait or are under way. More are given up at once. */
  webhooks_waiting_max: 256,
  /** The most tries to one receiver at a time. */
  webhook_tries_at_once: 4,
} as const
