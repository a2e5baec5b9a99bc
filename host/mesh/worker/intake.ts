/** Takes the offers of posters into the state, within their limits. */
import { limits } from '../../limits.ts'
import { triesOf } from '../../planning/effect-retry.ts'
import type { ActionHash, AgentKey, Millis } from '../../types/events.ts'
import { type Message, openTasksMax } from '../../types/message.ts'
import { offerOwner, peerOwner } from '../state/effect-owners.ts'
import { type Asked, isOfUse, renewsUntil } from '../state/held.ts'
import { noteTurnedAway, takeToken, tokensOf } from '../state/posters.ts'
import { type MeshState, withKey, withoutKey } from '../state/state.ts'
import { isFull } from './admit.ts'

type OpenTasks = Extract<Message, { type: 'open_tasks_are' }>

/**
 * Returns the state after a poster offered a task. An offer above the poster's rate, or without a free place, is turned away
 * before its Task is fetched, so that a flood costs no read of the DHT. A poster without a place is remembered as waiting.
 */
export function takeOffer(state: MeshState, poster: AgentKey, task: ActionHash, at: Millis): MeshState {
  if (isKnown(state, poster, task, at) || tokensOf(state, poster, at) < 1) return state
  if (isFull(state, poster, task, at)) return noteTurnedAway(state, poster, at, at)
  const listed = listAsked(state, poster, task, at)
  return listed === state ? state : takeToken(listed, poster, at)
}

/**
 * Returns the state after a poster named its open tasks; each of them counts as an offer. Only one list is taken for each
 * request of this machine, so that an unrequested list costs nothing.
 */
export function takeOpen(state: MeshState, poster: AgentKey, list: OpenTasks, at: Millis): MeshState {
  const asks = triesOf(state, peerOwner(poster), 'ask')
  if (asks <= (state.asking.get(poster)?.asks ?? 0)) return state
  const more = list.tasks.length >= openTasksMax
  const asking = withKey(state.asking, poster, { cursor: list.cursor, more, asks })
  const answered: MeshState = { ...state, asking }
  return list.tasks.reduce((now, task) => takeOffer(now, poster, task, at), answered)
}

/** Returns the state without a poster's offer of a task, and without the pace of its effects. */
export function withoutOffer(state: MeshState, poster: AgentKey, task: ActionHash): MeshState {
  const owner = offerOwner(task, poster)
  return { ...state, asked: withoutKey(state.asked, owner), pace: withoutKey(state.pace, owner) }
}

/**
 * Whether a poster's offer of a task needs no answer now: it is being handled, or the task is held and its poster is notified.
 * A task that failed here may be tried here again, because its poster may know no other peer. The same is true if its Result
 * could not be written before the renewal of its lease stopped.
 */
export function isKnown(state: MeshState, poster: AgentKey, task: ActionHash, now: Millis): boolean {
  if (state.asked.has(offerOwner(task, poster))) return true
  return [...state.held.values()].some(
    (held) => held.task === task && isOfUse(held) && (held.result !== null || now < renewsUntil(held)),
  )
}

/** Lists an offered task. If the list is full, it replaces the newest offer of the poster that has most of them. */
function listAsked(state: MeshState, poster: AgentKey, task: ActionHash, at: Millis): MeshState {
  const own = [...state.asked.values()].filter((one) => one.poster === poster).length
  if (own >= limits.asked_per_poster_max) return state
  let roomy = state
  if (state.asked.size >= limits.asked_max) {
    const crowd = crowdedOut(state)
    const newest = crowd.at(-1)
    if (!newest || crowd.length <= own + 1) return state
    roomy = withoutOffer(state, newest.poster, newest.task)
  }
  const asked = withKey(roomy.asked, offerOwner(task, poster), { task, poster, at, event: null })
  return { ...roomy, asked }
}

/** Returns the listed offers of the poster that has most of them, oldest first. */
function crowdedOut(state: MeshState): readonly Asked[] {
  const byPoster = Map.groupBy(state.asked.values(), ({ poster }) => poster)
  const most = [...byPoster.values()].reduce((one, other) => (other.length > one.length ? other : one), [])
  return most.toSorted((a, b) => a.at - b.at)
}
