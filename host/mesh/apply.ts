/** Applies happenings to the state. */
import { withPace } from '../planning/pace.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { applyPoster } from './poster/apply-poster.ts'
import { applyStandby } from './standby/apply-standby.ts'
import type { Happening } from './state/events.ts'
import { isPresent } from './state/feasible.ts'
import { withoutEpoch } from './state/leaving.ts'
import { peerOwner } from './state/pace.ts'
import { withHead } from './state/room.ts'
import { type MeshState, withoutKey } from './state/state.ts'
import { applyWorker } from './worker/apply-worker.ts'

/**
 * Returns the state after a happening. The function is total: it ignores a happening that does not fit. It is idempotent, so
 * duplicates need no care.
 */
export function apply(state: MeshState, happening: Happening): MeshState {
  switch (happening.type) {
    case 'peers_seen':
      return peersSeen(state, happening.peers, happening.at)
    case 'begun': {
      const pace = withPace(state.pace, happening)
      return pace === state.pace ? state : applyStandby({ ...state, pace }, happening)
    }
    case 'ended': {
      const pace = withPace(state.pace, happening)
      return applyStandby(pace === state.pace ? state : { ...state, pace }, happening)
    }
    case 'draining':
      return { ...state, draining: happening.on }
    case 'paused':
      return { ...state, paused: happening.on }
    case 'epoch_left':
      return withoutEpoch(state, happening.dna)
    case 'committed': {
      const heads = withHead(state.heads, happening.event)
      return applyParts({ ...state, heads }, happening)
    }
    default:
      return applyParts(state, happening)
  }
}

function applyParts(state: MeshState, happening: Happening): MeshState {
  return applyStandby(applyWorker(applyPoster(state, happening), happening), happening)
}

/** Updates the peers. A peer that has returned is asked for its open tasks again; data about an unknown peer is dropped. */
function peersSeen(state: MeshState, list: readonly Peer[], at: Millis): MeshState {
  const peers = new Map<AgentKey, Peer>()
  let { asking, pace, resting } = state
  for (const peer of list) {
    const before = state.peers.get(peer.agent)
    peers.set(peer.agent, before && isSame(before, peer) ? before : peer)
    const returned = before && !isPresent(before, state.self, at, state.config.peer_away_ms)
    if (!returned || !isPresent(peer, state.self, at, state.config.peer_away_ms)) continue
    asking = withoutKey(asking, peer.agent)
    pace = withoutKey(pace, peerOwner(peer.agent))
  }
  for (const agent of state.peers.keys()) {
    if (peers.has(agent)) continue
    asking = withoutKey(asking, agent)
    pace = withoutKey(pace, peerOwner(agent))
    resting = withoutKey(resting, agent)
  }
  const claimed = claimedSince(state, at - state.config.peer_away_ms)
  return { ...state, peers, asking, pace, claimed, resting }
}

function isSame(a: Peer, b: Peer): boolean {
  return a.card === b.card && a.presence === b.presence && a.seenAt === b.seenAt
}

/** Drops claims that expired before the given time: no message says that a claim will never be granted. */
function claimedSince({ claimed }: MeshState, at: Millis): MeshState['claimed'] {
  const old = [...claimed].filter(([, { until }]) => until <= at)
  return old.reduce((rest, [task]) => withoutKey(rest, task), claimed)
}
