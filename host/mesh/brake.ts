import type { SupersedeReason } from '../../zomes-bindings/generated/SupersedeReason.ts'
import { limits } from '../limits.ts'
import type { Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { leaseEnd } from './lease.ts'
import type { Posted } from './posted.ts'
import { tie } from './rank.ts'
import type { MeshState } from './state.ts'

/** How much later than due a beat may come before its peer counts as silent, as a factor. */
const beatGrace = 1.2

/**
 * Whether so many of the peers that were there lately have fallen silent that it is likely this machine that is cut off.
 * A few peers prove nothing, and a peer that said goodbye is not silent.
 */
export function seemsCutOff(state: MeshState, now: Millis): boolean {
  const { peer_away_ms } = state.config
  const beat = (peer_away_ms / limits.presence_missed_max) * beatGrace
  const age = ({ seenAt }: Peer) => now - (seenAt ?? Number.NEGATIVE_INFINITY)
  const lately = [...state.peers.values()].filter(
    (peer) =>
      peer.agent !== state.self &&
      peer.presence?.availability !== 'offline' &&
      age(peer) <= limits.brake_lately_beats * beat,
  )
  const silent = lately.filter((peer) => age(peer) > beat)
  return lately.length >= limits.brake_peers_min && silent.length > limits.brake_silent_share * lately.length
}

/**
 * From when on a task that lost its worker by silence may be given to another. While this machine seems cut off, its
 * tasks are not given anew all at once to the few that are left: each has its own moment in a spread, and those whose
 * workers come back in time need no other.
 */
export function regrantFrom(state: MeshState, posted: Posted, reason: SupersedeReason, now: Millis): Millis {
  if ((reason !== 'expired' && reason !== 'silent') || !seemsCutOff(state, now)) return now
  const lost = posted.lease?.grant ?? ''
  return leaseEnd(state, posted, now) + (tie(posted.task.hash, lost) % limits.brake_spread_ms)
}
