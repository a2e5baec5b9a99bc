/** Updates the posted tasks in the state. */
import type { ActionHash, AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import { withPeerBackoff } from '../placement/peer-backoff.ts'
import { byAge, isClose, isGrant, isTask, resolveList } from '../state/chain.ts'
import type { MeshInput } from '../state/input.ts'
import { currentGrant, type Posted, type Refusal } from '../state/posted.ts'
import { type MeshState, ownTask, withKey, withoutKey, withPosted } from '../state/state.ts'
import { openLease, renew, type Sign } from './lease.ts'
import { resultFound, resultNamed, resultOfStandIn, withResult } from './results.ts'
import { isTaken, stands } from './round.ts'
import { stoodIn } from './stand-ins.ts'

/** Returns the state after an input, as far as it concerns the tasks that this daemon has posted. */
export function applyPoster(state: MeshState, input: MeshInput): MeshState {
  switch (input.type) {
    case 'committed':
      return committed(state, input)
    case 'resumed':
      return [...state.open.values()].reduce(
        (rest, posted) => withPosted(rest, resumed(posted, input.at)),
        state,
      )
    case 'message_received':
      return onTask(withPeerBackoff(state, input.from, input.message, input.at), input.message, (posted) =>
        fromWorker(state, posted, input.from, input.message, input.at),
      )
    case 'only_wanted':
      return { ...state, only: withKey(state.only, input.id, input.agent) }
    case 'except_wanted':
      return { ...state, except: withKey(state.except, input.id, input.agents) }
    case 'cancel_wanted':
      return onTask(state, input, (posted) => (posted.close ? posted : { ...posted, cancelWanted: true }))
    case 'results_found':
      return onTask(state, input, (posted) =>
        input.events.reduce((task, event) => resultFound(task, event, true, input.at), posted),
      )
    case 'result_handed':
      return onTask(state, input, (posted) => resultFound(posted, input.event, false, input.at))
    case 'checked':
      return onTask(state, input, (posted) => {
        const seen = posted.results.get(input.authority)
        if (!seen) return posted
        return withResult(posted, { ...seen, verdict: input.verdict })
      })
    case 'recalled':
      return onTask(state, input, (posted) => ({
        ...posted,
        recalled: withKey(posted.recalled, input.named, input.end),
      }))
    case 'recorded':
      return recorded(state, input.task)
    case 'result_restored':
      return onTask(state, input, (posted) => withResult(posted, input.seen))
    case 'round_begun':
      return onTask(state, input, (posted) => ({
        ...posted,
        offers: new Map(),
        refusals: new Map(),
        unanswered: unansweredOf(posted),
        roundAt: input.at,
      }))
    case 'offered':
      return onTask(state, input, (posted) => ({
        ...posted,
        offers: withKey(posted.offers, input.to, input.at),
      }))
    default:
      return state
  }
}

function onTask(state: MeshState, about: object, change: (posted: Posted) => Posted): MeshState {
  if (!('task' in about) || typeof about.task !== 'string') return state
  const posted = ownTask(state, about.task)
  if (!posted) return state
  const changed = change(posted)
  return changed === posted ? state : withPosted(state, changed)
}

function committed(state: MeshState, { event, at, known = null }: Committed): MeshState {
  if (isTask(event)) return taskCommitted(state, event, at, known)
  if (!isGrant(event) && !isClose(event)) return state
  const posted = ownTask(state, event.entry.task)
  if (!posted || knows(posted, event.hash)) return state
  const links = [...posted.grants, ...(posted.close ? [posted.close] : []), ...posted.forks, event]
  const list = resolveList(posted.task, links)
  const grant = list.grants.at(-1) ?? null
  const fresh = grant !== null && grant.hash !== posted.lease?.grant
  const changed: Posted = fresh
    ? { ...posted, ...list, lease: openLease(grant, at), offers: new Map(), claims: new Map() }
    : { ...posted, ...list }
  const pace = list.close ? withoutKey(state.pace, event.entry.task) : state.pace
  const { id } = posted.task.entry
  const only = list.close ? withoutKey(state.only, id) : state.only
  const except = list.close ? withoutKey(state.except, id) : state.except
  return withPosted({ ...state, pace, only, except }, changed)
}

/** Returns the task as after a restart: its worker has one new lease to send a message, and all peers are asked again. */
function resumed(posted: Posted, at: Millis): Posted {
  const grant = currentGrant(posted)
  const { lease } = posted
  const anew = grant && lease && { ...openLease(grant, at), released: lease.released }
  const none = new Map<never, never>()
  return {
    ...posted,
    lease: anew,
    offers: none,
    claims: none,
    refusals: none,
    unanswered: none,
    roundAt: at,
    knownAt: at,
  }
}

/**
 * Adds a task to the state, and withdraws the later one of two tasks with the same key, so that it is not run. A write whose
 * answer came too late can leave a key's Task on the chain twice.
 */
function withTwin(state: MeshState, posted: Posted): MeshState {
  const { entry } = posted.task
  const twin = ownTask(state, state.keys.get(entry.id) ?? '')
  const [first, later] = twin && byAge(twin.task, posted.task) <= 0 ? [twin, posted] : [posted, twin]
  const known = { ...withPosted(state, posted), keys: withKey(state.keys, entry.id, first.task.hash) }
  return later ? withPosted(known, withdrawn(later, first.task.hash)) : known
}

function withdrawn(twin: Posted, twinOf: ActionHash): Posted {
  return { ...twin, twinOf, cancelWanted: twin.close === null }
}

/** Removes a closed task whose record the journal has. */
function recorded(state: MeshState, task: ActionHash): MeshState {
  const posted = state.closed.get(task)
  if (!posted) return state
  const { id } = posted.task.entry
  return {
    ...state,
    closed: withoutKey(state.closed, task),
    keys: state.keys.get(id) === task ? withoutKey(state.keys, id) : state.keys,
    pace: withoutKey(state.pace, task),
  }
}

/** Adds a task. A recorded task stays closed, and a task whose key a recorded task has is withdrawn. */
function taskCommitted(
  state: MeshState,
  task: EventOf<'Task'>,
  at: Millis,
  known: ActionHash | null,
): MeshState {
  if (known === task.hash || ownTask(state, task.hash)) return state
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
    lastRefusals: none,
    unanswered: none,
    roundAt: at,
    results: none,
    standIns: none,
    recalled: none,
    cancelWanted: false,
    twinOf: null,
    knownAt: at,
  }
  return known ? withPosted(state, withdrawn(posted, known)) : withTwin(state, posted)
}

function knows(posted: Posted, hash: string): boolean {
  const all = [...posted.grants, ...posted.forks]
  return posted.close?.hash === hash || all.some((event) => event.hash === hash)
}

function fromWorker(state: MeshState, posted: Posted, from: AgentKey, message: Message, at: Millis): Posted {
  if (posted.close) return posted
  switch (message.type) {
    case 'claim':
      return state.peers.has(from) ? claimed(state, posted, from, at) : posted
    case 'refuse': {
      if (!state.peers.has(from)) return posted
      const { code, policy_hash, retry_after_ms } = message
      return refused(posted, from, { code, at, again: retry_after_ms !== null, policy_hash })
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

/**
 * Records a peer's claim, unless another peer has the task or this peer has it already. A peer that hears `taken` frees its
 * place, so it is asked again if the grant is lost. A worker that has the task has sent its claim twice and keeps one place.
 */
function claimed(state: MeshState, posted: Posted, from: AgentKey, at: Millis): Posted {
  const { claims } = posted
  const given = isTaken(state, posted, from, at) || stands(state, posted, at)
  return {
    ...posted,
    claims: given ? withoutKey(claims, from) : withKey(claims, from, at),
    lastRefusals: withoutKey(posted.lastRefusals, from),
    unanswered: withoutKey(posted.unanswered, from),
  }
}

function refused(posted: Posted, from: AgentKey, refusal: Refusal): Posted {
  return {
    ...posted,
    claims: withoutKey(posted.claims, from),
    refusals: withKey(posted.refusals, from, refusal),
    lastRefusals: withKey(posted.lastRefusals, from, refusal),
    unanswered: withoutKey(posted.unanswered, from),
  }
}

/** Adds the unanswered offers of the ending round to the count of each peer. */
function unansweredOf({ offers, claims, refusals, unanswered }: Posted): Posted['unanswered'] {
  const silent = [...offers.keys()].filter((agent) => !claims.has(agent) && !refusals.has(agent))
  return silent.reduce((rest, agent) => withKey(rest, agent, (rest.get(agent) ?? 0) + 1), unanswered)
}

type Committed = Extract<MeshInput, { type: 'committed' }>
type Signal = Extract<Message, { attempt: number }>

function signOf(from: AgentKey, message: Signal, at: Millis): Sign {
  const sign = { from, attempt: message.attempt, at }
  switch (message.type) {
    case 'started':
      return { ...sign, started: true }
    case 'progress':
      return { ...sign, tokens_in: message.tokens_in, tokens_out: message.tokens_out, ran: message.ran }
    case 'tokens':
      return { ...sign, text: true, tokens_out: message.tokens_out, ran: message.last }
    case 'result':
      return { ...sign, ran: true }
    case 'released':
      return { ...sign, released: true }
    default:
      return sign
  }
}
