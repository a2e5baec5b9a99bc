/** Sums up how a conductor compares its data with other conductors. */
import type { AdminWebsocket } from '@holochain/client'

/** The progress of gossip in all DNAs together. */
export interface GossipProgress {
  /** Conductors with which data was compared. */
  readonly peers: number
  /** Comparisons that ended well, and those that failed. */
  readonly rounds: number
  readonly errors: number
  /** Time of the last comparison, in milliseconds since 1970; null before the first. */
  readonly lastAt: number | null
}

type Metrics = Awaited<ReturnType<AdminWebsocket['dumpNetworkMetrics']>>

/** Sums up a conductor's metrics. Pure. */
export function gossipProgress(metrics: Metrics): GossipProgress {
  const all = Object.values(metrics).flatMap(({ gossip_state_summary: { peer_meta } }) =>
    Object.entries(peer_meta),
  )
  const done = all.filter(([, { completed_rounds = 0 }]) => completed_rounds > 0)
  const sum = (of: (meta: (typeof all)[number][1]) => number) =>
    all.reduce((total, [, meta]) => total + of(meta), 0)
  const last = Math.max(...all.map(([, { last_gossip_timestamp = 0 }]) => Number(last_gossip_timestamp)), 0)
  return {
    peers: new Set(done.map(([url]) => url)).size,
    rounds: sum(({ completed_rounds = 0 }) => completed_rounds),
    errors: sum(
      ({ peer_behavior_errors = 0, local_errors = 0, peer_timeouts = 0 }) =>
        peer_behavior_errors + local_errors + peer_timeouts,
    ),
    // Kitsune counts in microseconds.
    lastAt: last === 0 ? null : Math.floor(last / 1_000),
  }
}
