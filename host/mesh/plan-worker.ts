import type { Millis } from '../types/events.ts'
import type { Step } from './actions.ts'
import { admit } from './admit.ts'
import { isPresent } from './feasible.ts'
import { backoff, isRunning, offerOwner, paced } from './pace.ts'
import { type Asked, type Held, isProven, type MeshState } from './state.ts'

/** Claim or refuse, once the task itself is here. */
export function* planAsked(state: MeshState, asked: Asked, now: Millis): Generator<Step> {
  const owner = offerOwner(asked.task)
  const { config } = state
  if (asked.event) {
    const foreign = asked.event.author !== asked.poster
    const code = foreign ? 'task_unknown' : admit(state, asked.event, now)
    yield* answer(state, asked, code, now)
    return
  }
  const patience = asked.at + 2 * config.offer_wait_ms
  if (now >= patience) yield* answer(state, asked, 'task_unknown', now)
  else {
    yield { wakeAt: patience }
    yield* paced(state, now, owner, 'fetch', backoff(config), { type: 'fetch_task', task: asked.task })
  }
}

function* answer(
  state: MeshState,
  asked: Asked,
  code: ReturnType<typeof admit>,
  now: Millis,
): Generator<Step> {
  const { task, poster } = asked
  const message = code
    ? ({ type: 'refuse', task, code, policy_hash: null } as const)
    : ({ type: 'claim', task } as const)
  const until = code ? null : now + 3 * state.config.offer_wait_ms
  const deed = { type: 'answer', to: poster, message, task, until } as const
  yield* paced(state, now, offerOwner(task), 'answer', backoff(state.config), deed)
}

/** What is to be done for one grant, from its first word to its end. */
export function* planHeld(state: MeshState, held: Held, now: Millis): Generator<Step> {
  const owner = held.grant
  const gap = backoff(state.config)
  const end = held.ended?.why ?? (now >= giveUpAt(state, held) ? 'stale' : null)
  if (end) {
    yield* paced(state, now, owner, 'settle', gap, { type: 'settle', grant: owner, why: end })
    return
  }
  yield { wakeAt: giveUpAt(state, held) }
  if (state.draining && !held.run && !isRunning(state, owner, 'run')) {
    yield* paced(state, now, owner, 'release', gap, { type: 'release', grant: owner })
    return
  }
  if (isProven(held) && !held.journalled) {
    yield* paced(state, now, owner, 'journal', gap, { type: 'journal', grant: owner })
    return
  }
  yield* gather(state, held, now)
  if (held.result) yield* deliver(state, held, now)
  else if (held.run) yield* attest(state, held, now)
  yield* renewal(state, held, now)
}

/** The Task, the Grant and the payload, each from where it is. */
function* gather(state: MeshState, held: Held, now: Millis): Generator<Step> {
  const gap = backoff(state.config)
  const { grant, task, attempt, poster } = held
  if (!held.taskEvent) yield* paced(state, now, grant, 'fetch_task', gap, { type: 'fetch_task', task })
  if (!held.grantEvent) yield* paced(state, now, grant, 'fetch_grant', gap, { type: 'fetch_grant', grant })
  if (!isProven(held) || !held.taskEvent || held.payload || held.run) return
  const message = { type: 'payload_request', task, grant, attempt } as const
  yield* paced(state, now, grant, 'ask_payload', gap, { type: 'send', to: poster, message })
}

function* attest(state: MeshState, held: Held, now: Millis): Generator<Step> {
  if (!held.grantEvent) return
  yield* paced(state, now, held.grant, 'attest', backoff(state.config), { type: 'attest', grant: held.grant })
}

/** Told again, ever more slowly but within the lease, until the poster says that the task is closed. */
function* deliver(state: MeshState, held: Held, now: Millis): Generator<Step> {
  if (!held.result || !held.run) return
  const { task, attempt, poster, result, run } = held
  const message = {
    type: 'result',
    task,
    attempt,
    result: result.hash,
    salt: run.salt,
    key: run.key,
  } as const
  const gap = backoff(state.config)
  const slow = (tries: number) => Math.max(gap(tries), state.config.offer_wait_ms)
  yield* paced(state, now, held.grant, 'deliver', slow, { type: 'send', to: poster, message })
}

function* renewal(state: MeshState, held: Held, now: Millis): Generator<Step> {
  if (!held.taskEvent || held.result) return
  const begun = held.run !== null || isRunning(state, held.grant, 'run')
  const { lease_renewals, silence_ms } = state.config
  const patience = begun ? Math.min(held.taskEvent.entry.lease_ms, silence_ms) : held.taskEvent.entry.lease_ms
  const share = Math.ceil(patience / lease_renewals)
  const { task, attempt, tokens_out, poster } = held
  const message = { type: 'progress', task, attempt, tokens_out } as const
  yield* paced(state, now, held.grant, 'renew', () => share, { type: 'send', to: poster, message })
}

/** The one grant that the engine should take next: the oldest that is ready; none while draining. */
export function* planRun(state: MeshState, now: Millis): Generator<Step> {
  if (state.draining) return
  const live = [...state.held.values()].filter((held) => !held.ended)
  if ([...state.held.keys()].some((grant) => isRunning(state, grant, 'run'))) return
  const ready = live.filter((held) => held.payload && held.journalled && !held.run)
  const next = ready.sort((a, b) => a.since - b.since || (a.grant < b.grant ? -1 : 1))[0]
  if (next)
    yield* paced(state, now, next.grant, 'run', backoff(state.config), { type: 'run', grant: next.grant })
}

/**
 * When a grant is given up without a word from its poster: the task's whole life after it was given, and a lease more.
 * One that nothing proves, or whose Task does not arrive, is given up when a silent peer counts as away.
 */
function giveUpAt(state: MeshState, held: Held): Millis {
  const task = isProven(held) ? held.taskEvent?.entry : undefined
  return held.since + (task ? task.deadlines_ms.total + task.lease_ms : state.config.peer_away_ms)
}

/** A peer that is there and was not asked since it came (back) is asked for its open tasks. */
export function* planAsking(state: MeshState, now: Millis): Generator<Step> {
  if (state.draining || !state.config.works) return
  for (const peer of state.peers.values()) {
    if (peer.agent === state.self || !isPresent(peer, state.self, now, state.config.peer_away_ms)) continue
    const last = state.asking.get(peer.agent)
    if (last && !last.more) continue
    const message = { type: 'open_tasks', cursor: last?.cursor ?? 0 } as const
    yield* paced(state, now, `peer/${peer.agent}`, 'ask', backoff(state.config), {
      type: 'send',
      to: peer.agent,
      message,
    })
  }
}
