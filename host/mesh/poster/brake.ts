/** Slows down new grants while this machine seems cut off from its peers. */
import { limits } from '../../limits.ts'
import type { Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { peerState } from '../../types/peer-state.ts'
import { tie } from '../placement/rank.ts'
import type { Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import type { Loss } from './phases.ts'

/**
 * Whether so many recently seen peers have fallen silent that this machine itself is probably cut off. A few peers are not
 * enough evidence, and a peer that said goodbye is not silent.
 */
export function seemsCutOff(state: MeshState, now: Millis): boolean {
  const { peer_away_ms } = state.config
  const latelyMs = (limits.brake_lately_beats * peer_away_ms) / limits.presence_missed_max
  const others = [...state.peers.values()].filter(({ agent }) => agent !== state.self)
  const stateOf = (peer: Peer) => peerState(peer, now, peer_away_ms)
  const wasThere = (peer: Peer) => now - (peer.seenAt ?? Number.NEGATIVE_INFINITY) <= latelyMs
  const lately = others.filter((peer) => wasThere(peer) && stateOf(peer) !== 'left')
  const silent = lately.filter((peer) => stateOf(peer) !== 'online')
  return lately.length >= limits.brake_peers_min && silent.length > limits.brake_silent_share * lately.length
}

/**
 * Returns the time from which a task that lost its worker by the clock may be granted again. While this machine seems cut off,
 * its tasks do not all go to the few remaining peers at once. Each task has its own moment in a spread, and a task whose
 * worker returns in time needs no new grant.
 */
export function regrantFrom(state: MeshState, posted: Posted, loss: Loss | null, now: Millis): Millis {
  if (!loss || loss.passedAt === null || !seemsCutOff(state, now)) return now
  const lost = posted.lease?.grant ?? ''
  return loss.passedAt + (tie(posted.task.hash, lost) % limits.brake_spread_ms)
}
