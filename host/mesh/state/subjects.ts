/** Names the subjects that are planned separately, and finds those that a change touches. */

import { changedKeys } from '../../planning/persistent-map.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { listingOwner, peerOwner, standbyOwner } from './effect-owners.ts'
import { sameForAsking } from './feasible.ts'
import type { MeshState } from './state.ts'

/**
 * A unit that is planned separately:
 * - an own task or a held grant, by its hash;
 * - a peer, or a task that this machine stands by for, by the owner of its effects;
 * - the next grant that the engine takes;
 * - the answers to peers that ask this machine to work;
 * - the search for tasks to stand by for.
 */
export type Subject = string

const runSubject: Subject = 'run/'
const offersSubject: Subject = 'offers/'

/** Returns the kind of a subject (`own`: a task or a grant), and the hash or key in its name. */
export function partsOf(subject: Subject): { readonly kind: string; readonly id: string } {
  const slash = subject.indexOf('/')
  return slash < 0
    ? { kind: 'own', id: subject }
    : { kind: subject.slice(0, slash), id: subject.slice(slash + 1) }
}

/**
 * Returns all subjects of a state, most urgent first: own tasks (a Close or a Grant frees others), held grants, new work.
 */
export function subjectsOf(state: MeshState): Subject[] {
  const peers = [...state.peers.keys()].map(peerOwner)
  const standbys = [...state.standbys.keys()].map(standbyOwner)
  return [
    ...state.open.keys(),
    ...state.closed.keys(),
    ...state.held.keys(),
    runSubject,
    offersSubject,
    ...peers,
    ...standbys,
    listingOwner,
  ]
}

/**
 * Returns the subjects whose plan may differ from one state to the next; the cost grows with the size of the change. A
 * busy peer's answer about its next free place concerns only the task that it was asked about. All other tasks know their
 * own moment. `isThere` says whether the plans already count a peer as present, so that seeing it again is no news.
 */
export function touched(
  before: MeshState,
  after: MeshState,
  isThere: (agent: AgentKey) => boolean,
): Subject[] {
  if (
    before.draining !== after.draining ||
    before.paused !== after.paused ||
    before.allocated !== after.allocated
  )
    return subjectsOf(after)
  const held = changedKeys(before.held, after.held)
  const subjects: Subject[] = [
    ...changedKeys(before.open, after.open),
    ...changedKeys(before.closed, after.closed),
    ...held,
  ]
  if (held.length > 0) {
    const tasks = held.map((grant) => taskOf(before, after, grant))
    subjects.push(runSubject, ...standbysOf(after, tasks))
  }
  for (const task of changedKeys(before.standbys, after.standbys)) subjects.push(standbyOwner(task))
  for (const agent of changedKeys(before.asking, after.asking)) subjects.push(peerOwner(agent))
  for (const owner of changedKeys(before.pace, after.pace))
    subjects.push(...pacedSubjects(before, after, owner))
  subjects.push(...placesTouched(before, after), ...peersTouched(before, after, isThere))
  return subjects
}

function pacedSubjects(before: MeshState, after: MeshState, owner: string): Subject[] {
  const { kind } = partsOf(owner)
  if (kind === 'asked') return [offersSubject]
  if (kind !== 'own') return [owner]
  const engine = before.pace.get(owner)?.get('run') !== after.pace.get(owner)?.get('run')
  return engine ? [owner, runSubject] : [owner]
}

/** Returns the subjects that depend on the number of taken places: offers, unasked grants, and tasks to stand in for. */
function placesTouched(before: MeshState, after: MeshState): Subject[] {
  const same =
    before.held === after.held &&
    before.claimed === after.claimed &&
    before.asked === after.asked &&
    before.posters === after.posters
  if (same) return []
  const unasked = [...after.held.values()].filter((held) => !held.journalled)
  const ready = [...after.standbys.values()].filter(({ survey }) => survey && !survey.over)
  return [
    offersSubject,
    ...unasked.map(({ grant }) => grant),
    ...ready.map(({ task }) => standbyOwner(task.hash)),
  ]
}

/**
 * Returns the peers whose known data changed, and all open tasks if a peer can or can no longer be asked. If a present
 * peer was seen again, plans that depend on it look again too early. Until then none of them has changed.
 */
function peersTouched(before: MeshState, after: MeshState, isThere: (agent: AgentKey) => boolean): Subject[] {
  if (before.peers === after.peers) return []
  const others = [...after.peers.values()].filter((peer) => {
    const old = before.peers.get(peer.agent)
    return old !== peer && !(old && isSeenAgain(old, peer) && isThere(peer.agent))
  })
  const came = others.some((peer) => {
    const old = before.peers.get(peer.agent)
    return !old || !sameForAsking(old, peer)
  })
  const left = [...before.peers.keys()].filter((agent) => !after.peers.has(agent))
  if (others.length === 0 && left.length === 0) return []
  const subjects = [
    ...(before.peers.size === 0 ? [listingOwner] : []),
    ...others.map((peer) => peerOwner(peer.agent)),
    ...heldOf(after, new Set([...others.map((peer) => peer.agent), ...left])),
    ...[...after.standbys.keys()].map(standbyOwner),
  ]
  return came || left.length > 0 ? [...subjects, ...after.open.keys(), offersSubject] : subjects
}

function isSeenAgain(before: Peer, now: Peer): boolean {
  return sameForAsking(before, now) && (before.seenAt ?? 0) <= (now.seenAt ?? 0)
}

/** Returns the grants of these posters: a worker's messages to a poster depend on whether that poster is present. */
function heldOf(state: MeshState, posters: ReadonlySet<string>): Subject[] {
  const held = [...state.held.values()].filter(({ poster }) => posters.has(poster))
  return held.map(({ grant }) => grant)
}

function taskOf(before: MeshState, after: MeshState, grant: string): string {
  return after.held.get(grant)?.task ?? before.held.get(grant)?.task ?? ''
}

function standbysOf(state: MeshState, tasks: readonly string[]): Subject[] {
  return tasks.filter((task) => state.standbys.has(task)).map(standbyOwner)
}
