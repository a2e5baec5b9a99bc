import type { AgentKey, EventOf, MeshEvent, Millis } from '../types/events.ts'
import { isFallbackClaim, isTask } from './chain.ts'
import type { Happening } from './events.ts'
import { standbyOwner } from './pace.ts'
import { mayStandIn, type Standby } from './standby.ts'
import { type MeshState, withKey, withoutKey } from './state.ts'

/** Most tasks of others that this machine stands by for. */
const standbysMax = 1_024

/** What a happening means for the tasks that this machine may claim while their posters are away. */
export function applyStandby(state: MeshState, happening: Happening): MeshState {
  switch (happening.type) {
    case 'fallbacks_listed':
      return listed(state, happening)
    case 'surveyed':
      return onStandby(state, happening.task, (standby) => ({ ...standby, survey: happening.survey }))
    case 'message_received': {
      const { from, message, at } = happening
      if (message.type !== 'runs') return state
      return onStandby(state, message.task, (standby) => running(standby, from, at))
    }
    case 'committed':
      return isFallbackClaim(happening.event) ? claimed(state, happening.event) : state
    default:
      return state
  }
}

function onStandby(state: MeshState, task: string, change: (standby: Standby) => Standby): MeshState {
  const standby = state.standbys.get(task)
  return standby ? { ...state, standbys: withKey(state.standbys, task, change(standby)) } : state
}

function listed(
  state: MeshState,
  { events, next, at }: Extract<Happening, { type: 'fallbacks_listed' }>,
): MeshState {
  let { standbys, pace } = state
  for (const [task, standby] of standbys) {
    if (!standby.survey?.over && at < standby.since + standby.task.entry.deadlines_ms.total) continue
    standbys = withoutKey(standbys, task)
    pace = withoutKey(pace, standbyOwner(task))
  }
  for (const event of events) {
    if (standbys.size >= standbysMax) break
    if (isNew(state, event, at))
      standbys = withKey(standbys, event.hash, { task: event, since: at, survey: null, runners: new Map() })
  }
  return { ...state, standbys, pace, standbyBucket: next }
}

/** What was posted longer ago than it may live is over, give or take a poster's wrong clock. */
function isNew(state: MeshState, event: MeshEvent, at: Millis): event is EventOf<'Task'> {
  if (!isTask(event) || state.standbys.has(event.hash) || !mayStandIn(event, state.self)) return false
  const { created_at, deadlines_ms } = event.entry
  return at < created_at + deadlines_ms.total + state.config.clock_skew_ms
}

/** A peer that says it runs the task is believed for the length of a lease. */
function running(standby: Standby, from: AgentKey, at: Millis): Standby {
  const until = at + standby.task.entry.lease_ms
  return { ...standby, runners: withKey(standby.runners, from, until) }
}

/** An own claim is held like a grant that this machine gave itself. */
function claimed(state: MeshState, { hash, at, entry }: EventOf<'FallbackClaim'>): MeshState {
  if (state.held.has(hash)) return state
  const known = state.standbys.get(entry.task)?.task ?? null
  return {
    ...state,
    held: withKey(state.held, hash, {
      grant: hash,
      task: entry.task,
      attempt: entry.attempt,
      poster: known?.author ?? '',
      since: at,
      claimed: false,
      fallback: true,
      journalled: false,
      taskEvent: known,
      grantEvent: null,
      payload: null,
      tokens_out: 0,
      run: null,
      result: null,
      ended: null,
    }),
  }
}
