/** Slows down new grants while this machine seems cut off from its peers. */
import { limits } from '../../limits.ts'
import type { Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { tie } from '../placement/rank.ts'
import type { Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import type { Loss } from './phases.ts'

/** The age at which the last beat makes its peer silent, as a multiple of the interval between beats. */
const beatGrace = 1.2

/**
 * Whether so many recently seen peers have fallen silent that this machine itself is probably cut off. A few peers are not
 * enough evidence, and a peer that said goodbye is not silent.
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
 * Returns the time from which a task that lost its worker by the clock may be granted again. While this machine seems cut off,
 * its tasks do not all go to the few remaining peers at once. Each task has its own moment in a spread, and a task whose
 * worker returns in time needs no new grant.
 */
export function regrantFrom(state: MeshState, posted: Posted, loss: Loss | null, now: Millis): Millis {
  if (!loss || loss.passedAt === null || !seemsCutOff(state, now)) return now
  const lost = posted.lease?.grant ?? ''
  return loss.passedAt + (tie(posted.task.hash, lost) % limits.brake_spread_ms)
}
