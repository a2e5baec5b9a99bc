/** Plans the next steps of a task that this machine posted. */
import type { SupersedeReason } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { limits } from '../../limits.ts'
import { backoff, hasFailed, isRunning, paced } from '../../planning/effect-retry.ts'
import type { ActionHash, EntryOf, Millis } from '../../types/events.ts'
import type { PlanItem } from '../state/effects.ts'
import { currentGrant, isSpent, lastEvent, type Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import { closeOf, type End, endOf, expiryOf } from './closing.ts'
import { collect, hasLookedSince } from './fetch-result.ts'
import { type Loss, lossOf, nextDue } from './phases.ts'
import { readiness } from './readiness.ts'
import { currentResult, isPromising, standing } from './results.ts'
import { leftOutUntil, moveOf, offerableAt } from './round.ts'
import { isLeftToStandIns, leftUntil } from './stand-ins.ts'

/** Plans the record of a closed own task, after which the task leaves the state. */
export function planClosed(state: MeshState, { task: { hash } }: Posted, now: Millis): Iterable<PlanItem> {
  return paced(state, now, hash, 'record', backoff(state.config), { type: 'record', task: hash })
}

/** Plans one open own task. Nothing is planned while its next event is being written. */
export function* planPosted(state: MeshState, posted: Posted, now: Millis): Generator<PlanItem> {
  const owner = posted.task.hash
  if (isRunning(state, owner, 'commit')) return
  const loss = lossOf(state, posted, now)
  const lost = loss !== null && isSettledLoss(state, posted, loss)
  const ready = readiness(posted)
  const expiry = expiryOf(posted, ready)
  const end = endOf(state, posted, ready, lost || currentGrant(posted) === null, now)
  if (end.at <= now) {
    yield* finish(state, posted, end, now)
    return
  }
  yield { wakeAt: expiry }
  yield { wakeAt: end.at }
  if (ready.type === 'waiting') yield* recall(state, owner, ready.on, now)
  if (ready.type !== 'ready') return
  for (const seen of standing(posted)) yield* collect(state, posted, seen, now)
  if (currentGrant(posted) && !loss) yield* watch(state, posted, now, expiry)
  else if (loss && !lost) yield* look(state, posted, now)
  else yield* goOn(state, posted, now, expiry, loss)
}

/**
 * Closes a task. Before it expires, the DHT is asked once more, after all waits have ended. A task that nobody can have
 * worked on expires at once.
 */
function* finish(state: MeshState, posted: Posted, { outcome, at }: End, now: Millis): Generator<PlanItem> {
  const worked = posted.grants.length > 0 || posted.task.entry.fallback !== null
  if (outcome === 'expired' && worked && !hasLookedSince(state, posted, at)) {
    yield* look(state, posted, now)
    return
  }
  const effect = { type: 'commit', entry: closeOf(posted, outcome) } as const
  yield* paced(state, now, posted.task.hash, 'commit', backoff(state.config), effect)
}

/** Asks how the named tasks ended that are not open. */
function* recall(
  state: MeshState,
  owner: ActionHash,
  on: readonly ActionHash[],
  now: Millis,
): Generator<PlanItem> {
  const named = on.filter((task) => !state.open.has(task))
  if (named.length === 0) return
  yield* paced(state, now, owner, 'recall', backoff(state.config), { type: 'recall', task: owner, named })
}

/**
 * Places the task again, as no grant stands and the task is not over. If it may not be granted again, a promising result
 * of the last grant is followed as if the grant stood. Its worker may be back, or the DHT may bring the result.
 */
function* goOn(
  state: MeshState,
  posted: Posted,
  now: Millis,
  expiry: Millis,
  loss: Loss | null,
): Generator<PlanItem> {
  const left = yield* isStoodInFor(state, posted, now)
  if (!isSpent(posted) && now < expiry) {
    if (!left) yield* place(state, posted, now, loss)
    return
  }
  const seen = currentResult(posted)
  if (seen && isPromising(seen)) yield* watch(state, posted, now, expiry)
}

/** Looks for work of stand-ins on a task without a standing grant. Returns whether the task is left to them for now. */
function* isStoodInFor(state: MeshState, posted: Posted, now: Millis): Generator<PlanItem, boolean> {
  if (!posted.task.entry.fallback) return false
  const looked = hasLookedSince(state, posted, posted.knownAt)
  yield* look(state, posted, now, looked ? posted.task.entry.lease_ms : 0)
  yield { wakeAt: leftUntil(state, posted) }
  return isLeftToStandIns(state, posted, now)
}

/** Watches a standing grant: looks for its result until one is named, and makes sure that its worker knows of the grant. */
function* watch(state: MeshState, posted: Posted, now: Millis, expiry: Millis): Generator<PlanItem> {
  const grant = currentGrant(posted)
  if (!grant) return
  const owner = posted.task.hash
  const due = nextDue(state, posted, now)
  if (due) yield { wakeAt: due.at }
  const { hash, entry } = grant
  const seen = currentResult(posted)
  if (seen?.event && seen.salt) return
  const share = Math.ceil(entry.lease_ms / state.config.lease_renewals)
  if (!seen) yield* look(state, posted, now, share)
  // The message is repeated until the worker answers: the first may be lost, and a Result found by its link lacks its
  // key. A worker that has forgotten the grant would begin it. So after the end of the task's life, a reminder is sent
  // only to get the key.
  const message = { type: 'granted', task: owner, grant: hash, attempt: entry.attempt } as const
  const effect = { type: 'send', to: entry.worker, message } as const
  const mayBegin = now < expiry && posted.lease?.startedAt == null
  if (seen?.event || mayBegin)
    yield* paced(state, now, owner, `remind/${entry.attempt}`, remindGap(state, share), effect)
}

function remindGap(state: MeshState, share: number): (tries: number) => number {
  const gap = backoff(state.config)
  return (tries) => Math.min(share, Math.max(gap(tries), state.config.offer_wait_ms))
}

/**
 * Whether a loss is final. Before an expired lease is superseded, the DHT is asked once more: the worker may have
 * finished while its messages were lost. A loss that does not depend on the clock needs no second look.
 */
function isSettledLoss(state: MeshState, posted: Posted, { passedAt }: Loss): boolean {
  return passedAt === null || hasLookedSince(state, posted, passedAt)
}

/** Looks for Results that no message has named, after a pause since the last look. A failed look is tried again sooner. */
function* look(state: MeshState, posted: Posted, now: Millis, pause = 0): Generator<PlanItem> {
  const task = posted.task.hash
  const gap = hasFailed(state, task, 'look') ? backoff(state.config) : () => pause
  yield* paced(state, now, task, 'look', gap, { type: 'look', task, named: null })
}

/** Takes the next step toward a worker: grants to a peer that claims, or offers to the best peer that was not asked yet. */
function* place(state: MeshState, posted: Posted, now: Millis, loss: Loss | null): Generator<PlanItem> {
  const { config } = state
  const task = posted.task.hash
  const { on, agent, until, able } = moveOf(state, posted, loss, now)
  if (on === 'grant' && agent !== null) {
    const entry = nextGrant(posted, agent, loss?.why ?? 'none')
    yield* paced(state, now, task, 'commit', backoff(config), { type: 'commit', entry })
  }
  if (on === 'offer' && agent !== null) {
    const rank = able.findIndex((peer) => peer.agent === agent)
    const { lease_ms } = posted.task.entry
    const effect = { type: 'offer', task, to: agent, rank, lease_ms } as const
    yield* paced(state, now, task, `offer/${agent}`, () => 0, effect)
  }
  for (const claimant of posted.claims.keys())
    yield { wakeAt: leftOutUntil(state, posted, able, claimant, now) }
  if (on === 'busy' || on === 'round') {
    const unasked = able.filter((peer) => !posted.offers.has(peer.agent))
    for (const peer of unasked) yield { wakeAt: offerableAt(state, posted, able, peer.agent, now) }
    if (until !== null && until <= now)
      yield* paced(state, now, task, 'round', () => limits.busy_retry_ms, { type: 'round', task })
  }
  // Peers may return before the brake ends, and nothing notifies this task of it.
  const look = on === 'brake' ? now + config.offer_again_ms : Number.POSITIVE_INFINITY
  if (until !== null) yield { wakeAt: Math.min(until, look) }
}

function nextGrant(posted: Posted, worker: string, reason: SupersedeReason): EntryOf<'Grant'> {
  const { entry, hash } = posted.task
  return {
    type: 'Grant',
    dna_hash: entry.dna_hash,
    task: hash,
    prev: lastEvent(posted),
    attempt: posted.grants.length + 1,
    worker,
    lease_ms: entry.lease_ms,
    reason,
    prefix_digest: null,
  }
}
