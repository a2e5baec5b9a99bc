/** Updates the grants that this machine holds, and the tasks that it was asked to run. */

import { triesOf } from '../../planning/effect-retry.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import { isResult } from '../state/chain.ts'
import { offerOwner } from '../state/effect-owners.ts'
import { type Held, isProven, nothingKnown } from '../state/held.ts'
import type { MeshInput } from '../state/input.ts'
import { noteTurnedAway } from '../state/posters.ts'
import { type MeshState, withKey, withoutKey } from '../state/state.ts'
import { takeOffer, takeOpen, withoutOffer } from './intake.ts'

type Settled = Extract<MeshInput, { type: 'settled' }>['why']

/** Most settled tasks that are remembered, and most grants that are known by their poster's message alone. */
const bounds = { settled: 1024, unproven: 16 }

/** Returns the state after an input, as far as it concerns the work that this daemon does for others. */
export function applyWorker(state: MeshState, input: MeshInput): MeshState {
  switch (input.type) {
    case 'message_received':
      return fromPoster(state, input.from, input.message, input.at)
    case 'task_fetched':
      return taskFetched(state, input.event)
    case 'answered': {
      const { task, poster, until, refused, at } = input
      const event = state.asked.get(offerOwner(task, poster))?.event ?? null
      // A poster that is refused as `busy` counts as waiting from now on. Every other answer ends its wait.
      const turnedAwayAt = refused === 'busy' ? at : null
      const heard = withoutOffer(noteTurnedAway(state, poster, at, turnedAwayAt), poster, task)
      if (until === null || event === null) return heard
      return { ...heard, claimed: withKey(heard.claimed, task, { poster, until, task: event }) }
    }
    case 'grant_fetched': {
      const { event } = input
      const fetched = onHeld(state, event.hash, (held) => grantFetched(state.self, held, event))
      const ours = fetched.held.get(event.hash)?.grantEvent != null
      return ours ? withoutClaim(fetched, event.author, event.entry.task) : fetched
    }
    case 'held_journalled':
      return onHeld(state, input.grant, (held) => ({ ...held, journalled: true }))
    case 'payload_arrived':
      return onHeld(state, input.grant, (held) => (held.run ? held : withPayload(held, input)))
    case 'run_progressed':
      return onHeld(state, input.grant, (held) => ({
        ...held,
        started: true,
        tokens_in: Math.max(held.tokens_in, input.tokens_in),
        tokens_out: Math.max(held.tokens_out, input.tokens_out),
      }))
    case 'run_finished':
      return onHeld(state, input.grant, (held) => ({
        ...held,
        run: held.run ?? input.run,
        ranAt: held.ranAt ?? input.at,
        payload: null,
      }))
    case 'committed': {
      const { event } = input
      if (!isResult(event)) return state
      return onHeld(state, event.entry.authority, (held) => ({ ...held, result: held.result ?? event }))
    }
    case 'settled':
      return settled(state, input.grant, input.why)
    case 'restored': {
      const { held, at } = input
      // A finished run is delivered however long this machine was off. Other grants keep their time, so none begins too late.
      const since = held.run ? at : held.since
      const ranAt = held.run ? at : null
      return { ...state, held: withKey(state.held, held.grant, { ...held, since, ranAt, knownAt: at }) }
    }
    default:
      return state
  }
}

function withPayload(held: Held, arrived: MeshInput & { type: 'payload_arrived' }): Held {
  const { payload, prefix, prefix_digest } = arrived
  return { ...held, payload, prefix, prefix_digest }
}

function onHeld(state: MeshState, grant: ActionHash, change: (held: Held) => Held): MeshState {
  const held = state.held.get(grant)
  if (!held) return state
  return { ...state, held: withKey(state.held, grant, change(held)) }
}

function fromPoster(state: MeshState, from: AgentKey, message: Message, at: Millis): MeshState {
  switch (message.type) {
    case 'offer':
      return takeOffer(state, from, message.task, at)
    case 'open_tasks_are':
      return takeOpen(state, from, message, at)
    case 'granted':
      return granted(state, from, message, at)
    case 'taken':
      return withoutClaim(state, from, message.task)
    case 'closed':
      return endTask(
        withoutClaim(state, from, message.task),
        from,
        message.task,
        Number.POSITIVE_INFINITY,
        'closed',
        message.close,
      )
    default:
      return state
  }
}

/** Frees the place of a claim that its poster does not need any more. */
function withoutClaim(state: MeshState, from: AgentKey, task: ActionHash): MeshState {
  if (state.claimed.get(task)?.poster !== from) return state
  return { ...state, claimed: withoutKey(state.claimed, task) }
}

function taskFetched(state: MeshState, event: EventOf<'Task'>): MeshState {
  let { asked, held } = state
  for (const one of state.asked.values()) {
    if (one.task === event.hash) asked = withKey(asked, offerOwner(one.task, one.poster), { ...one, event })
  }
  for (const one of state.held.values()) {
    if (one.task !== event.hash) continue
    const ours = one.fallback || one.poster === event.author
    const ended = one.ended ?? (ours ? null : ({ why: 'not_ours', close: null } as const))
    held = withKey(held, one.grant, { ...one, poster: event.author, taskEvent: event, ended })
  }
  return { ...state, asked, held }
}

/**
 * Takes the poster's message about the grant that counts. That grant may be another worker's, so a claim stays until the
 * Grant itself is here or has been settled. A higher attempt ends the lower ones here, whichever worker it is for. A message
 * about a known grant asks for its state again. A settled attempt, or one that is older than the held one, is a late message
 * and is ignored. An own FallbackClaim is independent of the grants and of their attempt numbers.
 */
function granted(
  state: MeshState,
  from: AgentKey,
  message: Extract<Message, { type: 'granted' }>,
  at: Millis,
): MeshState {
  const { task, grant, attempt } = message
  const known = state.held.get(grant)
  if (known) return known.poster === from ? remind(state, grant) : state
  if (settledAttempt(state, task) >= attempt) return state
  const rivals = [...state.held.values()].filter((held) => held.task === task && !held.ended)
  const outdoes = (held: Held) =>
    held.poster === from ? !held.fallback && held.attempt >= attempt : isProven(held)
  if (rivals.some(outdoes)) return state
  // A task that has a place here keeps it for its next attempt, unless it was run.
  const admitted = (held: Held) => !held.fallback && (held.claimed || held.journalled) && !held.run
  const kept = rivals.some((held) => held.poster === from && admitted(held))
  const claim = state.claimed.get(task)
  const claimed = kept || claim?.poster === from
  const unproven = [...state.held.values()].filter((held) => !isProven(held)).length
  if (!claimed && unproven >= bounds.unproven) return state
  const superseded = endTask(state, from, task, attempt, 'superseded', null)
  const held: Held = {
    ...nothingKnown,
    grant,
    task,
    attempt,
    poster: from,
    since: at,
    knownAt: at,
    claimed,
    fallback: false,
    journalled: false,
    taskEvent: rivals[0]?.taskEvent ?? state.asked.get(offerOwner(task, from))?.event ?? claim?.task ?? null,
  }
  return { ...withoutOffer(superseded, from, task), held: withKey(superseded.held, grant, held) }
}

function remind(state: MeshState, grant: ActionHash): MeshState {
  const verbs = state.pace.get(grant)
  if (!verbs) return state
  const delivery = verbs.get('deliver')
  if (!delivery || delivery.running) return state
  return { ...state, pace: withKey(state.pace, grant, withoutKey(verbs, 'deliver')) }
}

function endTask(
  state: MeshState,
  from: AgentKey,
  task: ActionHash,
  below: number,
  why: 'closed' | 'superseded',
  close: ActionHash | null,
): MeshState {
  let held = state.held
  for (const one of state.held.values()) {
    if (one.task !== task || one.poster !== from || one.attempt >= below || one.ended) continue
    if (one.fallback && why === 'superseded') continue
    held = withKey(held, one.grant, { ...one, ended: { why, close } })
  }
  const after = { ...state, held }
  return why === 'closed' ? withoutOffer(after, from, task) : after
}

function grantFetched(self: AgentKey, held: Held, event: EventOf<'Grant'>): Held {
  const { entry } = event
  const fits = entry.task === held.task && entry.attempt === held.attempt && event.author === held.poster
  if (fits && entry.worker === self) return { ...held, grantEvent: event }
  return { ...held, ended: held.ended ?? { why: 'not_ours', close: null } }
}

/**
 * Forgets a grant, and remembers its attempt as settled. An unproven grant leaves no record, because any peer could otherwise
 * make this machine ignore a task. A stale grant that was not begun leaves none either: its poster may be back and name it again.
 */
function settled(state: MeshState, grant: ActionHash, why: Settled): MeshState {
  const held = state.held.get(grant)
  if (!held) return state
  // A grant that another one replaced leaves its claim to the new one.
  const passedOn = why === 'superseded' || why === 'not_ours'
  const { claimed } = passedOn ? state : withoutClaim(state, held.poster, held.task)
  const begun = held.run !== null || triesOf(state, grant, 'run') > 0
  const maySayAgain = why === 'stale' && !begun && !held.result
  return {
    ...state,
    claimed,
    held: withoutKey(state.held, grant),
    settled: isProven(held) && !maySayAgain ? withSettled(state, held) : state.settled,
    pace: withoutKey(state.pace, grant),
  }
}

/** Remembers a settled attempt, except that of a FallbackClaim: the poster may still grant the same attempt to this machine. */
function withSettled(state: MeshState, held: Held): MeshState['settled'] {
  if (held.fallback) return state.settled
  const { young, old } = state.settled
  const attempt = Math.max(held.attempt, settledAttempt(state, held.task))
  const more = withKey(young, held.task, attempt)
  const full = more.size * 2 > bounds.settled
  return full ? { young: withKey(new Map(), held.task, attempt), old: young } : { young: more, old }
}

function settledAttempt({ settled: { young, old } }: MeshState, task: ActionHash): number {
  return young.get(task) ?? old.get(task) ?? 0
}
