/** Selects the peers that can be given a posted task. */
import { limits } from '../../limits.ts'
import type { AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import { allocatedTo, available } from '../state/allocated.ts'
import { feasible } from '../state/feasible.ts'
import { currentGrant, missedWords, type Posted, supersededAt } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import { askableAt } from './peer-backoff.ts'
import { type Ranked, rank } from './rank.ts'
import type { Vantage } from './traits.ts'

/** Returns the reasons why a peer cannot be given a task now, including its history with this task; empty if it can. */
export function refusalsOf(state: MeshState, posted: Posted, peer: Peer, now: Millis): RefusalCode[] {
  const codes = feasible(
    posted.task.entry,
    available(state, peer, state.self),
    state.self,
    now,
    state.config.peer_away_ms,
  )
  if (!mayBeAsked(state, posted, peer.agent) || wasRejected(posted, peer.agent)) codes.push('excluded')
  return codes
}

/** Whether the client's choice of machines allows this one. */
export function mayBeAsked({ only, except }: MeshState, { task }: Posted, agent: AgentKey): boolean {
  const { id } = task.entry
  return (only.get(id) ?? agent) === agent && except.get(id)?.includes(agent) !== true
}

/**
 * Whether this machine itself is asked like any other: it may be the nearest or the fastest, if the task prefers that.
 * Otherwise it is the last resort, because a task is posted to run elsewhere.
 */
export function isOneOfMany(
  { config }: MeshState,
  { placement }: Pick<Ranked['entry'], 'placement'>,
): boolean {
  const { prefer } = placement
  return config.self === 'last' && config.works && (prefer === 'nearest' || prefer === 'fastest')
}

/** Returns the peers that can be given the task now, best first; this machine ranks like any other, or as the last resort. */
export function candidates(state: MeshState, posted: Posted, now: Millis): readonly Peer[] {
  const able = ableTo(state, posted, now, (agent) => hasLostEnough(posted, agent))
  const isLast = ({ agent }: Peer) => agent === state.self && !isLikeAnyOther(state, posted)
  const ranked = rank(
    posted.task,
    able.filter((peer) => !isLast(peer)),
    vantageOf(state, posted),
  )
  return [...ranked, ...able.filter(isLast)]
}

/**
 * Returns the same peers unordered, without comparing them. Peers that `isLeftOut` names are among them only if nobody else,
 * this machine included, can be given the task.
 */
export function ableTo(
  state: MeshState,
  posted: Posted,
  now: Millis,
  isLeftOut: (agent: AgentKey) => boolean = () => false,
): readonly Peer[] {
  const all = [...state.peers.values()].filter((peer) => refusalsOf(state, posted, peer, now).length === 0)
  const left = all.filter(({ agent }) => !isLeftOut(agent))
  if (isLikeAnyOther(state, posted)) return left.length > 0 ? left : all
  const { self, works } = state.config
  const others = left.filter(({ agent }) => agent !== state.self)
  if (others.some(({ agent }) => isAwaited(posted, agent))) return others
  const itself = self === 'last' && works && left.some(({ agent }) => agent === state.self)
  if (itself) return now >= aloneFrom(state, posted) ? left : others
  return others.length > 0
    ? others
    : all.filter(({ agent }) => agent !== state.self || (self === 'last' && works))
}

/**
 * Returns when an open task could be given to a peer other than its worker that is expected to take it; infinite without one.
 * A peer that did not answer still counts, because an offer may be lost and a claim may be late. A peer that has lost the
 * task is skipped for a while.
 */
export function elsewhereFrom(state: MeshState, posted: Posted, now: Millis): Millis {
  if (posted.close) return Number.POSITIVE_INFINITY
  const worker = currentGrant(posted)?.entry.worker
  const others = ableTo(state, posted, now).filter(
    ({ agent }) => agent !== worker && !isUnwilling(posted, agent),
  )
  const from = ({ agent }: Peer) =>
    Math.max(askableAt(state, posted, agent), supersededAt(posted, agent) + limits.failed_worker_ms)
  return Math.min(...others.map(from))
}

/** Whether this machine is asked for a task like any other. */
function isLikeAnyOther(state: MeshState, { task }: Posted): boolean {
  return isOneOfMany(state, task.entry) || state.only.has(task.entry.id)
}

/** Reasons of a refusal that do not pass with time, unlike a full chain, a pause or a drain. */
const lasting: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'policy_refuses',
  'model_missing',
  'memory_short',
  'disk_short',
  'cpu_short',
  'gpu_short',
  'vram_short',
  'tag_missing',
  'class_unsupported',
])

/** Whether a peer's last refusal has a reason that does not pass with time. */
export function refusesForGood({ lastRefusals }: Posted, agent: AgentKey): boolean {
  const refusal = lastRefusals.get(agent)
  return refusal !== undefined && !refusal.again && lasting.has(refusal.code)
}

/** Whether a peer's policy refuses the task. The peer is still asked, because a policy may change. */
export function isUnwilling({ lastRefusals }: Posted, agent: AgentKey): boolean {
  const refusal = lastRefusals.get(agent)
  return refusal?.code === 'policy_refuses' && !refusal.again
}

/**
 * Whether a peer has lost the task so often that another machine should get it. Two losses in a row are enough, or one if only
 * the last attempt is left. An attempt that the peer gave back does not count for the latter.
 */
function hasLostEnough({ grants, lease, task }: Posted, agent: AgentKey): boolean {
  const [last, ...before] = grants.map(({ entry }) => entry.worker).reverse()
  if (last === agent && before[0] === agent) return true
  if (grants.length < task.entry.max_attempts - 1) return false
  const wasReleased = (place: number) =>
    place === grants.length - 1 ? lease?.released : grants[place + 1]?.entry.reason === 'released'
  return grants.some(({ entry }, place) => entry.worker === agent && !wasReleased(place))
}

/**
 * Whether this machine leaves the task to a peer that is willing and answers. A silent peer may be dead, and counts as away only
 * later. A task that was granted before may be done elsewhere, so its poster also waits for silent peers.
 */
function isAwaited(posted: Posted, agent: AgentKey): boolean {
  const silent = (posted.unanswered.get(agent) ?? 0) >= limits.unanswered_offers_max
  return !isUnwilling(posted, agent) && (!silent || posted.grants.length > 0)
}

/** Returns when this machine stops waiting for others. It waits longer if others may have run the task in the meantime. */
export function aloneFrom({ config }: MeshState, posted: Posted): Millis {
  return posted.knownAt + (missedWords(posted) ? config.peer_away_ms : config.offer_again_ms)
}

/** Returns the poster's vantage point for ranking; `posted` is null for a task that is not posted yet. */
export function vantageOf(state: MeshState, posted: Posted | null): Vantage {
  const region = state.peers.get(state.self)?.card.network.latency_region ?? ''
  const lost = new Set(posted?.grants.map((grant) => grant.entry.worker))
  return { lost, region, here: state.self, allocated: allocatedTo(state, state.self) }
}

/** Whether an output of a peer failed its check, by the check itself or by the next Grant, which survives a restart. */
export function wasRejected({ grants, results }: Posted, agent: AgentKey): boolean {
  const superseded = ({ entry }: EventOf<'Grant'>, place: number) =>
    entry.worker === agent && grants[place + 1]?.entry.reason === 'rejected'
  const seen = [...results.values()]
  return grants.some(superseded) || seen.some(({ from, verdict }) => from === agent && verdict?.ok === false)
}
