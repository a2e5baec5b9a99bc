import type { ActionHash, AgentKey, EventOf, MeshEvent, Millis } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import { byAge, isClose, isGrant, isResult, isTask, resolveList } from './chain.ts'
import type { Happening } from './events.ts'
import { openLease, renew, type Sign } from './lease.ts'
import { heardRoom } from './rest.ts'
import { mayStandIn } from './standby.ts'
import {
  currentGrant,
  type MeshState,
  type Posted,
  type ResultSeen,
  withKey,
  withoutKey,
  withPosted,
} from './state.ts'

/** Most results of stand-ins that are kept for one task: as many as it has attempts at most. */
const standInsMax = 16

/** What a happening means for the tasks that this daemon has posted. */
export function applyPoster(state: MeshState, happening: Happening): MeshState {
  switch (happening.type) {
    case 'committed':
      return committed(state, happening.event, happening.at)
    case 'message_received':
      return onTask(
        heardRoom(state, happening.from, happening.message, happening.at),
        happening.message,
        (posted) => fromWorker(state, posted, happening.from, happening.message, happening.at),
      )
    case 'cancel_wanted':
      return onTask(state, happening, (posted) => (posted.close ? posted : { ...posted, cancelWanted: true }))
    case 'results_found':
      return onTask(state, happening, (posted) =>
        happening.events.reduce((task, event) => resultFound(task, event, happening.at), posted),
      )
    case 'checked':
      return onTask(state, happening, (posted) => {
        const seen = posted.results.get(happening.authority)
        if (!seen) return posted
        return withResult(posted, { ...seen, verdict: happening.verdict })
      })
    case 'result_restored':
      return onTask(state, happening, (posted) => withResult(posted, happening.seen))
    case 'round_begun':
      return onTask(state, happening, (posted) => ({
        ...posted,
        offers: new Map(),
        refusals: new Map(),
        roundAt: happening.at,
      }))
    case 'offered':
      return onTask(state, happening, (posted) => ({
        ...posted,
        offers: withKey(posted.offers, happening.to, happening.at),
      }))
    default:
      return state
  }
}

function onTask(state: MeshState, about: object, change: (posted: Posted) => Posted): MeshState {
  if (!('task' in about) || typeof about.task !== 'string') return state
  const posted = state.tasks.get(about.task)
  if (!posted) return state
  const changed = change(posted)
  return changed === posted ? state : withPosted(state, changed)
}

function committed(state: MeshState, event: MeshEvent, at: Millis): MeshState {
  if (isTask(event)) return taskCommitted(state, event, at)
  if (!isGrant(event) && !isClose(event)) return state
  const posted = state.tasks.get(event.entry.task)
  if (!posted || knows(posted, event.hash)) return state
  const links = [...posted.grants, ...(posted.close ? [posted.close] : []), ...posted.forks, event]
  const list = resolveList(posted.task, links)
  const grant = list.grants.at(-1) ?? null
  const fresh = grant !== null && grant.hash !== posted.lease?.grant
  const changed: Posted = fresh
    ? { ...posted, ...list, lease: openLease(grant, at), offers: new Map(), claims: new Map() }
    : { ...posted, ...list }
  const pace = list.close ? withoutKey(state.pace, event.entry.task) : state.pace
  return withPosted({ ...state, pace }, changed)
}

/**
 * A write whose answer came too late can leave a key's Task on the chain twice. The first one counts; the other
 * is withdrawn, so that nothing is run for it.
 */
function withTwin(state: MeshState, posted: Posted): MeshState {
  const { entry } = posted.task
  const twin = state.tasks.get(state.keys.get(entry.id) ?? '')
  const [first, later] = twin && byAge(twin.task, posted.task) <= 0 ? [twin, posted] : [posted, twin]
  const known = { ...withPosted(state, posted), keys: withKey(state.keys, entry.id, first.task.hash) }
  return later && !later.close ? withPosted(known, { ...later, cancelWanted: true }) : known
}

function taskCommitted(state: MeshState, task: EventOf<'Task'>, at: Millis): MeshState {
  if (state.tasks.has(task.hash)) return state
  const none = new Map<never, never>()
  const posted: Posted = {
    task,
    grants: [],
    close: null,
    forks: [],
    lease: null,
    offers: none,
    claims: none,
    refusals: none,
    roundAt: at,
    results: none,
    standIns: none,
    cancelWanted: false,
    knownAt: at,
  }
  return withTwin(state, posted)
}

function knows(posted: Posted, hash: string): boolean {
  const all = [...posted.grants, ...posted.forks]
  return posted.close?.hash === hash || all.some((event) => event.hash === hash)
}

function fromWorker(state: MeshState, posted: Posted, from: AgentKey, message: Message, at: Millis): Posted {
  if (posted.close) return posted
  switch (message.type) {
    case 'claim':
      return state.peers.has(from) ? { ...posted, claims: withKey(posted.claims, from, at) } : posted
    case 'refuse': {
      if (!state.peers.has(from)) return posted
      const refusals = withKey(posted.refusals, from, {
        code: message.code,
        at,
        again: message.retry_after_ms !== null,
      })
      return { ...posted, refusals, claims: withoutKey(posted.claims, from) }
    }
    case 'started':
    case 'payload_request':
    case 'progress':
    case 'tokens':
    case 'released':
      return renew(posted, signOf(from, message, at))
    case 'result':
      return message.claim === null
        ? resultNamed(renew(posted, signOf(from, message, at)), from, message, at)
        : resultOfStandIn(posted, from, message, message.claim, at)
    case 'runs':
      return message.claim === null ? posted : stoodIn(posted, from, at)
    default:
      return posted
  }
}

type Signal = Extract<Message, { attempt: number }>

function signOf(from: AgentKey, message: Signal, at: Millis): Sign {
  const tokens_out = message.type === 'progress' ? message.tokens_out : 0
  const running = message.type === 'started' || message.type === 'tokens' || tokens_out > 0
  return { from, attempt: message.attempt, running, tokens_out, released: message.type === 'released', at }
}

function resultNamed(
  posted: Posted,
  from: AgentKey,
  message: Extract<Message, { type: 'result' }>,
  at: Millis,
): Posted {
  const grant = posted.grants[message.attempt - 1]
  return grant?.entry.worker === from ? withNamed(posted, grant.hash, message, at) : posted
}

/** That the claim is this peer's own is checked by validation, with its Result. */
function resultOfStandIn(
  posted: Posted,
  from: AgentKey,
  message: Extract<Message, { type: 'result' }>,
  claim: ActionHash,
  at: Millis,
): Posted {
  const known = posted.results.has(claim) || resultsOfStandIns(posted).length < standInsMax
  return mayStandIn(posted.task, from) && known ? withNamed(posted, claim, message, at) : posted
}

/** A stand-in is waited for as long as one run may take, however often it speaks. */
function stoodIn(posted: Posted, from: AgentKey, at: Millis): Posted {
  if (!mayStandIn(posted.task, from)) return posted
  const { lease_ms, deadlines_ms } = posted.task.entry
  const since = posted.standIns.get(from)?.since ?? at
  const until = Math.min(at + lease_ms, since + deadlines_ms.run + lease_ms)
  return { ...posted, standIns: withKey(posted.standIns, from, { since, until }) }
}

function withNamed(
  posted: Posted,
  authority: ActionHash,
  message: Extract<Message, { type: 'result' }>,
  at: Millis,
): Posted {
  const seen = posted.results.get(authority)
  // Once the Result itself is here, a message can only add what opens it; before, the latest word counts.
  if (seen?.event && seen.event.hash !== message.result) return posted
  if (seen?.named === message.result && seen.salt !== null) return posted
  return withResult(posted, {
    authority,
    attempt: message.attempt,
    named: message.result,
    event: seen?.event ?? null,
    seenAt: seen?.seenAt ?? at,
    salt: message.salt,
    key: message.key,
    verdict: seen?.verdict ?? null,
  })
}

/**
 * A Result counts when its authority is a grant that counts, or a FallbackClaim: what is neither, on a task that allows
 * fallback, was let through by validation as a claim of its author.
 */
function resultFound(posted: Posted, event: MeshEvent, at: Millis): Posted {
  if (!isResult(event) || posted.close) return posted
  const { authority } = event.entry
  const grant = posted.grants.find(({ hash }) => hash === authority)
  const lostFork = posted.forks.some(({ hash }) => hash === authority)
  const room = posted.results.has(authority) || resultsOfStandIns(posted).length < standInsMax
  const counts = grant ? grant.entry.worker === event.author : mayStandIn(posted.task, event.author) && room
  if (!counts || lostFork) return posted
  const seen = posted.results.get(authority)
  if (seen?.event) return posted
  const fits = seen?.named === event.hash
  const found: ResultSeen = {
    authority,
    attempt: event.entry.attempt,
    named: event.hash,
    event,
    seenAt: at,
    salt: fits ? seen.salt : null,
    key: fits ? seen.key : null,
    verdict: null,
  }
  const sign = {
    from: event.author,
    attempt: event.entry.attempt,
    running: true,
    tokens_out: 0,
    released: false,
    at,
  }
  return withResult(renew(posted, sign), found)
}

function withResult(posted: Posted, seen: ResultSeen): Posted {
  return { ...posted, results: withKey(posted.results, seen.authority, seen) }
}

/** Results of stand-ins, by the hash of their claims: the same order for everybody. */
export function resultsOfStandIns(posted: Posted): readonly ResultSeen[] {
  if (!posted.task.entry.fallback) return []
  const granted = new Set(posted.grants.map(({ hash }) => hash))
  const seen = [...posted.results.values()].filter(({ authority }) => !granted.has(authority))
  return seen.sort((a, b) => (a.authority < b.authority ? -1 : 1))
}

/** The result that the task can be closed with: the current grant's before a stand-in's; null until one passed its checks. */
export function acceptable(posted: Posted): ResultSeen | null {
  const seen = [currentResult(posted), ...resultsOfStandIns(posted)]
  return seen.find((one) => one?.event && one.verdict?.ok) ?? null
}

/** The result of the current grant, when one is known. */
export function currentResult(posted: Posted): ResultSeen | null {
  const grant = currentGrant(posted)
  return grant ? (posted.results.get(grant.hash) ?? null) : null
}
