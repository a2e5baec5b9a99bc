/** Plans tasks that this machine may claim while their posters are away. */

import { backoff, begunAt, isRunning, paced, triesOf } from '../../planning/effect-retry.ts'
import type { EntryOf, Millis } from '../../types/events.ts'
import { standInOrder, turnAt } from '../placement/standby.ts'
import { takesClaim } from '../state/chain-capacity.ts'
import { listingOwner, standbyOwner } from '../state/effect-owners.ts'
import type { PlanItem } from '../state/effects.ts'
import { awayAt, isPresent } from '../state/feasible.ts'
import type { Standby } from '../state/held.ts'
import { holdsTask, type MeshState } from '../state/state.ts'
import { admit, placeMoments } from '../worker/admit.ts'

/** Looks for tasks that allow fallback, so that they are known before their poster is away. */
export function* planListing(state: MeshState, now: Millis): Generator<PlanItem> {
  if (state.draining || !state.config.works || state.peers.size === 0) return
  yield* paced(state, now, listingOwner, 'list', () => state.config.standby_list_ms, {
    type: 'list_fallbacks',
  })
}

/**
 * Plans one task whose poster may be away. When this machine's turn comes, it reads the DHT and asks the peers that
 * should be running the task. It claims the task only if no peer says that it runs it.
 */
export function* planStandby(state: MeshState, standby: Standby, now: Millis): Generator<PlanItem> {
  const { task, survey, runners } = standby
  if (state.draining || state.paused || !state.config.works || holdsTask(state, task.hash)) return
  if (state.peers.get(task.author)?.waiting) return
  const owner = standbyOwner(task.hash)
  const attempts = task.entry.max_attempts
  if (survey && (survey.over || survey.attempt >= attempts)) return
  // A machine that returned its claim may try again, up to the task's maximum of attempts.
  if (isRunning(state, owner, 'commit') || triesOf(state, owner, 'commit') >= attempts) return
  // The poster is nearly always present, and then no ranking is needed.
  const earliest = turnAt(state, standby, 0)
  if (now < earliest) {
    yield { wakeAt: earliest }
    return
  }
  const order = standInOrder(state, task, now)
  const place = order.indexOf(state.self)
  if (place < 0) return
  // A peer that goes away gives its place to the next.
  for (const agent of order.slice(0, place)) {
    const peer = state.peers.get(agent)
    if (peer) yield { wakeAt: awayAt(peer, state.config.peer_away_ms) }
  }
  const turn = Math.max(turnAt(state, standby, place), ...[...runners.values()].map(({ until }) => until))
  if (now < turn) {
    yield { wakeAt: turn }
    return
  }
  // A survey from before this machine's turn, or from long before it has a place, is out of date.
  const freshUntil = (survey?.at ?? now) + state.config.standby_step_ms
  if (!survey || survey.at < turn || now >= freshUntil) {
    yield* paced(state, now, owner, 'survey', backoff(state.config), { type: 'survey', task: task.hash })
    return
  }
  yield { wakeAt: freshUntil }
  yield* claim(state, standby, order.slice(0, place), now)
}

/**
 * Claims the task as soon as there is a place for it, unless a peer answers that it runs it. Offered tasks and tasks of
 * absent posters are admitted by the same rules.
 */
function* claim(
  state: MeshState,
  standby: Standby,
  before: readonly string[],
  now: Millis,
): Generator<PlanItem> {
  const { hash, entry } = standby.task
  const { offer_wait_ms, offer_again_ms } = state.config
  const answered = (yield* ask(state, standby, before, now)) + offer_wait_ms
  if (now < answered) yield { wakeAt: answered }
  else if (!takesClaim(state, entry.dna_hash)) yield { wakeAt: now + offer_again_ms }
  else if (admit(state, standby.task, now)) yield* placeMoments(state)
  else if (!isClaiming(state))
    yield* paced(state, now, standbyOwner(hash), 'commit', () => entry.lease_ms, {
      type: 'commit',
      entry: claimOf(standby),
    })
}

/** Whether a FallbackClaim is being written. Each takes a place that must be counted before the next. */
function isClaiming(state: MeshState): boolean {
  return [...state.claimed.keys()].some((task) => isRunning(state, standbyOwner(task), 'commit'))
}

/** Asks the grantee, and the peers whose turn came before, whether they run the task. Returns when the last was asked. */
function* ask(
  state: MeshState,
  { task, survey }: Standby,
  before: readonly string[],
  now: Millis,
): Generator<PlanItem, Millis> {
  let last = Number.NEGATIVE_INFINITY
  const { peer_away_ms } = state.config
  for (const agent of new Set([...(survey?.grantee ? [survey.grantee] : []), ...before])) {
    const peer = state.peers.get(agent)
    if (agent === state.self || !peer || !isPresent(peer, state.self, now, peer_away_ms)) continue
    // A peer that goes away is no longer waited for.
    yield { wakeAt: awayAt(peer, peer_away_ms) }
    const at = begunAt(state, standbyOwner(task.hash), `ask/${agent}`) ?? Number.NEGATIVE_INFINITY
    const due = at < (survey?.at ?? now)
    const message = { type: 'who_runs', task: task.hash } as const
    if (due)
      yield* paced(state, now, standbyOwner(task.hash), `ask/${agent}`, () => 0, {
        type: 'send',
        to: agent,
        message,
      })
    last = Math.max(last, due ? now : at)
  }
  return last
}

function claimOf({ task, survey }: Standby): EntryOf<'FallbackClaim'> {
  return {
    type: 'FallbackClaim',
    dna_hash: task.entry.dna_hash,
    task: task.hash,
    attempt: (survey?.attempt ?? 0) + 1,
  }
}
