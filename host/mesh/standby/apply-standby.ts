/** Updates the tasks that this machine stands by for. */
import { BUCKET_MS } from '../../../zomes-bindings/generated/limits.ts'
import { triesOf } from '../../planning/effect-retry.ts'
import type { AgentKey, EventOf, Millis } from '../../types/events.ts'
import { mayStandIn } from '../placement/standby.ts'
import { withRunner } from '../poster/stand-ins.ts'
import { isFallbackClaim } from '../state/chain.ts'
import { standbyOwner } from '../state/effect-owners.ts'
import { nothingKnown, type Standby } from '../state/held.ts'
import type { MeshInput } from '../state/input.ts'
import { type MeshState, withKey, withoutKey } from '../state/state.ts'
import { partsOf } from '../state/subjects.ts'
import { StandbyPlaces, standsBy } from './standby-places.ts'

/** Returns the state after an input, as far as it concerns tasks that this machine may claim while their posters are away. */
export function applyStandby(state: MeshState, input: MeshInput): MeshState {
  switch (input.type) {
    case 'fallbacks_listed':
      return listed(state, input)
    case 'surveyed':
      return onStandby(state, input.task, (standby) => ({ ...standby, survey: input.survey }))
    case 'resumed':
      return [...state.standbys.keys()].reduce(
        (rest, task) => onStandby(rest, task, (standby) => resumed(standby, input.at)),
        state,
      )
    case 'message_received': {
      const { from, message, at } = input
      if (message.type === 'closed') return onStandby(state, message.task, (one) => closed(one, from, at))
      if (message.type !== 'runs') return state
      return onStandby(state, message.task, (standby) => running(standby, from, at))
    }
    case 'begun': {
      const standby = standbyOf(state, input)
      if (!standby) return state
      const until = input.at + state.config.peer_away_ms
      const place = { poster: standby.task.author, until, task: standby.task }
      return { ...state, claimed: withKey(state.claimed, standby.task.hash, place) }
    }
    case 'ended': {
      const standby = standbyOf(state, input)
      return standby ? { ...state, claimed: withoutKey(state.claimed, standby.task.hash) } : state
    }
    case 'committed':
      return isFallbackClaim(input.event) ? claimed(state, input.event) : state
    default:
      return state
  }
}

/** Returns the task whose FallbackClaim is being written: it takes a place from the start of the write, not from its end. */
function standbyOf(
  { standbys }: MeshState,
  { owner, verb }: Extract<MeshInput, { type: 'begun' | 'ended' }>,
): Standby | undefined {
  const { kind, id } = partsOf(owner)
  return kind === 'standby' && verb === 'commit' ? standbys.get(id) : undefined
}

function onStandby(state: MeshState, task: string, change: (standby: Standby) => Standby): MeshState {
  const standby = state.standbys.get(task)
  return standby ? { ...state, standbys: withKey(state.standbys, task, change(standby)) } : state
}

function listed(
  state: MeshState,
  { events, next, at }: Extract<MeshInput, { type: 'fallbacks_listed' }>,
): MeshState {
  let { standbys, pace } = state
  for (const [task, standby] of standbys) {
    const { created_at, deadlines_ms } = standby.task.entry
    // A task that is over is kept while the next list still contains it, so that it does not count as new.
    const over = standby.survey?.over === true && Math.floor(created_at / BUCKET_MS) < next
    if (!over && at < standby.since + deadlines_ms.total) continue
    standbys = withoutKey(standbys, task)
    pace = withoutKey(pace, standbyOwner(task))
  }
  const places = new StandbyPlaces({ standbys })
  for (const event of events) {
    if (!places.free(event.author) || standbys.has(event.hash) || !standsBy(state, event, at)) continue
    places.take(event.author)
    standbys = withKey(standbys, event.hash, {
      task: event,
      since: at,
      survey: null,
      runners: new Map(),
      claims: 0,
    })
  }
  return { ...state, standbys, pace, standbyBucket: next }
}

/**
 * Records a peer that runs the task. Only its grantee and the agents that may claim it are believed. A runner holds the task
 * from the time when it queues for its engine.
 */
function running(standby: Standby, from: AgentKey, at: Millis): Standby {
  const { task, survey, runners } = standby
  if (from !== survey?.grantee && !mayStandIn(task, from)) return standby
  const { queue, run } = task.entry.deadlines_ms
  return { ...standby, runners: withRunner(runners, task, from, at, queue + run) }
}

/** Restarts the wait for the poster: a machine that slept could not hear it, so silence counts only from the wake-up. */
function resumed(standby: Standby, since: Millis): Standby {
  return { ...standby, since, survey: standby.survey?.over ? standby.survey : null, runners: new Map() }
}

/** Marks the task as over: the poster's message arrives before its Close, and a stand-in claims the task no more. */
function closed(standby: Standby, from: AgentKey, at: Millis): Standby {
  if (from !== standby.task.author) return standby
  const { grantee, attempt } = standby.survey ?? { grantee: null, attempt: 0 }
  return { ...standby, survey: { at, over: true, grantee, attempt } }
}

/**
 * Holds an own claim like a grant to this machine. More claims than tries mean that an earlier try of the same write landed
 * late; such a claim is not run. A claim from an earlier run of the daemon that is not in the journal is not run either.
 * It was settled or never begun, and the task is claimed again if that is still needed.
 */
function claimed(state: MeshState, { hash, at, entry }: EventOf<'FallbackClaim'>): MeshState {
  const standby = state.standbys.get(entry.task)
  if (!standby || state.held.has(hash)) return state
  if (standby.claims > 0 && standby.claims >= triesOf(state, standbyOwner(entry.task), 'commit')) return state
  const counted = onStandby(state, entry.task, (one) => ({ ...one, claims: one.claims + 1 }))
  return {
    ...counted,
    claimed: withoutKey(state.claimed, entry.task),
    held: withKey(state.held, hash, {
      ...nothingKnown,
      grant: hash,
      task: entry.task,
      attempt: entry.attempt,
      poster: standby.task.author,
      since: at,
      knownAt: at,
      claimed: false,
      fallback: true,
      journalled: false,
      taskEvent: standby.task,
    }),
  }
}
