/** Applies inputs to the state. */
import { withPace } from '../planning/effect-retry.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { applyPoster } from './poster/apply-poster.ts'
import { applyStandby } from './standby/apply-standby.ts'
import { withHead } from './state/chain-capacity.ts'
import { peerOwner } from './state/effect-owners.ts'
import { isPresent } from './state/feasible.ts'
import type { MeshInput } from './state/input.ts'
import { withoutEpoch } from './state/leaving.ts'
import { type MeshState, withoutKey } from './state/state.ts'
import { applyWorker } from './worker/apply-worker.ts'

/**
 * Returns the state after an input. The function is total: it ignores an input that does not fit. It is idempotent, so
 * duplicates need no care.
 */
export function apply(state: MeshState, input: MeshInput): MeshState {
  switch (input.type) {
    case 'peers_seen':
      return peersSeen(state, input.peers, input.at)
    case 'begun': {
      const pace = withPace(state.pace, input)
      return pace === state.pace ? state : applyStandby({ ...state, pace }, input)
    }
    case 'ended': {
      const pace = withPace(state.pace, input)
      return applyStandby(pace === state.pace ? state : { ...state, pace }, input)
    }
    case 'draining':
      return { ...state, draining: input.on }
    case 'allocated':
      return { ...state, allocated: input.allocated }
    case 'paused':
      return { ...state, paused: input.on }
    case 'epoch_left':
      return withoutEpoch(state, input.dna)
    case 'committed': {
      const heads = withHead(state.heads, input.event)
      return applyParts({ ...state, heads }, input)
    }
    default:
      return applyParts(state, input)
  }
}

function applyParts(state: MeshState, input: MeshInput): MeshState {
  return applyStandby(applyWorker(applyPoster(state, input), input), input)
}

/** Updates the peers. A peer that has returned is asked for its open tasks again; data about an unknown peer is dropped. */
function peersSeen(state: MeshState, list: readonly Peer[], at: Millis): MeshState {
  const peers = new Map<AgentKey, Peer>()
  let { asking, pace, backoffs } = state
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
    backoffs = withoutKey(backoffs, agent)
  }
  const claimed = claimedSince(state, at - state.config.peer_away_ms)
  return { ...state, peers, asking, pace, claimed, backoffs }
}

function isSame(a: Peer, b: Peer): boolean {
  const said = a.card === b.card && a.presence === b.presence && a.waiting === b.waiting
  return said && a.seenAt === b.seenAt && a.link === b.link
}

/** Drops claims that expired before the given time: no message says that a claim will never be granted. */
function claimedSince({ claimed }: MeshState, at: Millis): MeshState['claimed'] {
  const old = [...claimed].filter(([, { until }]) => until <= at)
  return old.reduce((rest, [task]) => withoutKey(rest, task), claimed)
}
