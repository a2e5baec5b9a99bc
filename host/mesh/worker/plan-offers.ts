/** Plans the answers to offers that other machines make to this one. */

import { backoff, isRunning, paced } from '../../planning/effect-retry.ts'
import type { Millis } from '../../types/events.ts'
import { compareKeys } from '../placement/rank.ts'
import { askForEvent } from '../state/ask-event.ts'
import { offerOwner } from '../state/effect-owners.ts'
import type { PlanItem } from '../state/effects.ts'
import type { Asked } from '../state/held.ts'
import type { MeshState } from '../state/state.ts'
import { admit, type Denial, places } from './admit.ts'

/**
 * Plans the answers to peers that ask this machine to work. Refusals are sent at once. Of the tasks that can be claimed
 * only the next in turn is claimed, because each claim takes a place that the following one needs.
 */
export function* planOffers(state: MeshState, now: Millis): Generator<PlanItem> {
  const claimable: Asked[] = []
  for (const asked of state.asked.values()) {
    const denial = yield* judge(state, asked, now)
    if (denial === 'claim') claimable.push(asked)
    else if (denial) yield* refuse(state, asked, denial, now)
  }
  if ([...state.asked.keys()].some((owner) => isRunning(state, owner, 'answer'))) return
  const next = inTurn(state, claimable, now)
  if (next) yield* claim(state, next, now)
}

/** Returns a denial, `claim`, or null while the Task is not here. */
function* judge(state: MeshState, asked: Asked, now: Millis): Generator<PlanItem, Denial | 'claim' | null> {
  const unknown: Denial = { code: 'task_unknown', retry_after_ms: null }
  if (asked.event)
    return asked.event.author === asked.poster ? (admit(state, asked.event, now) ?? 'claim') : unknown
  const { config } = state
  const patience = asked.at + 2 * config.offer_wait_ms
  if (now >= patience) return unknown
  yield { wakeAt: patience }
  const owner = offerOwner(asked.task, asked.poster)
  const fetch = { type: 'fetch_task', task: asked.task } as const
  yield* paced(state, now, owner, 'fetch', backoff(config), fetch)
  const wanted = { hash: asked.task, from: asked.poster, since: asked.at }
  yield* askForEvent(state, now, owner, 'ask', wanted)
  return null
}

/**
 * Returns the task to claim next: interactive tasks first, then the poster with the fewest places here, then the oldest
 * offer.
 */
function inTurn(state: MeshState, claimable: readonly Asked[], now: Millis): Asked | undefined {
  const taken = places(state, now, null)
  const key = ({ event, poster, at }: Asked): readonly number[] => [
    event?.entry.priority === 'interactive' ? 0 : 1,
    taken.filter((one) => one === poster).length,
    at,
  ]
  return claimable.map((asked) => ({ asked, key: key(asked) })).sort((a, b) => compareKeys(a.key, b.key))[0]
    ?.asked
}

function* claim(state: MeshState, { task, poster }: Asked, now: Millis): Generator<PlanItem> {
  const until = now + 3 * state.config.offer_wait_ms
  const message = { type: 'claim', task } as const
  const effect = { type: 'answer', to: poster, message, task, until } as const
  yield* paced(state, now, offerOwner(task, poster), 'answer', backoff(state.config), effect)
}

function* refuse(
  state: MeshState,
  { task, poster }: Asked,
  denial: Denial,
  now: Millis,
): Generator<PlanItem> {
  const message = { type: 'refuse', task, ...denial, policy_hash: null } as const
  const effect = { type: 'answer', to: poster, message, task, until: null } as const
  yield* paced(state, now, offerOwner(task, poster), 'answer', backoff(state.config), effect)
}
