/** Plans the work that this machine does for posters. */
import { limits } from '../../limits.ts'
import { backoff, isRunning, paced, triesOf } from '../../planning/effect-retry.ts'
import type { Millis } from '../../types/events.ts'
import type { Message, RefusalCode } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import { mayStandIn } from '../placement/standby.ts'
import { askForEvent } from '../state/ask-event.ts'
import { peerOwner, untilArrival } from '../state/effect-owners.ts'
import type { PlanItem } from '../state/effects.ts'
import { awayAt, isAway, isPresent } from '../state/feasible.ts'
import { type Held, isLastAttempt, isProven, renewsUntil } from '../state/held.ts'
import type { MeshState } from '../state/state.ts'
import { isFull } from './admit.ts'

/** Plans one grant, from its first message to its end. */
export function* planHeld(state: MeshState, held: Held, now: Millis): Generator<PlanItem> {
  const owner = held.grant
  const gap = backoff(state.config)
  const end = held.ended?.why ?? (isForgotten(held) || now >= giveUpAt(state, held, now) ? 'stale' : null)
  if (end) {
    // A Result that is being written may become the accepted one, so the output is settled after it.
    if (!isRunning(state, owner, 'attest'))
      yield* paced(state, now, owner, 'settle', gap, { type: 'settle', grant: owner, why: end })
    return
  }
  yield { wakeAt: giveUpAt(state, held, now) }
  yield { wakeAt: payloadEnd(state, held) }
  const reason = unwanted(state, held, now)
  if (reason) {
    yield* paced(state, now, owner, 'release', gap, { type: 'release', grant: owner, reason })
    return
  }
  // Its inputs are requested meanwhile. The run and any message about it wait until the grant is in the journal.
  const isNew = isProven(held) && !held.journalled
  if (isNew) yield* paced(state, now, owner, 'journal', gap, { type: 'journal', grant: owner })
  yield* gather(state, held, now)
  if (isNew) return
  if (held.result) yield* deliver(state, held, now)
  else if (held.run) yield* attest(state, held, now)
  yield* renewal(state, held, now)
}

/**
 * Whether the grant was settled in an earlier run of the daemon and only the chain still shows it. A Result is written
 * after its run is in the journal.
 */
function isForgotten({ result, run }: Held): boolean {
  return result !== null && run === null
}

/**
 * Returns the code with which a grant that has not begun is returned; null to keep it. It is returned while draining if
 * another machine may still have the task, or if a present poster sends no payload. An unclaimed grant is also returned
 * if there is no place for it, or if the owner gives others none now. A poster may write a Grant without asking, but
 * places are given only to those that ask.
 */
function unwanted(state: MeshState, held: Held, now: Millis): RefusalCode | null {
  if (held.run || isRunning(state, held.grant, 'run')) return null
  if (state.draining && !isLastAttempt(held)) return 'draining'
  if (now >= payloadEnd(state, held)) return 'policy_refuses'
  const uninvited = held.grantEvent !== null && !held.claimed && !held.journalled
  if (uninvited && state.paused && held.poster !== state.self) return 'owner_paused'
  return uninvited && isFull(state, held.poster, held.task, now) ? 'busy' : null
}

/**
 * Returns until when a place is kept for a grant without its payload: a poster may write grants and never send one. Then
 * the grant is given back. If its poster is away, it is dropped in silence, and taken up again when the poster names it.
 * An own task may wait longer for a stand-in.
 */
function payloadEnd({ self, config }: MeshState, held: Held): Millis {
  const lacks = isProven(held) && !held.fallback && held.taskEvent !== null && !held.payload && !held.run
  return lacks && held.poster !== self ? held.knownAt + 2 * config.peer_away_ms : Number.POSITIVE_INFINITY
}

/**
 * Gets the Task, the Grant and the payload, each from its source. A task that allows fallback carries its payload, so
 * that it can run without the poster. The poster is asked if that payload cannot be opened.
 */
function* gather(state: MeshState, held: Held, now: Millis): Generator<PlanItem> {
  const gap = backoff(state.config)
  const { grant, task, attempt, poster, since } = held
  if (!held.taskEvent) {
    yield* paced(state, now, grant, 'fetch_task', gap, { type: 'fetch_task', task })
    yield* askForEvent(state, now, grant, 'ask_task', { hash: task, from: poster, since })
  }
  if (!held.grantEvent && !held.fallback) {
    yield* paced(state, now, grant, 'fetch_grant', gap, { type: 'fetch_grant', grant })
    yield* askForEvent(state, now, grant, 'ask_grant', { hash: grant, from: poster, since })
  }
  if (!isProven(held) || !held.taskEvent || held.payload || held.run) return
  const tried = triesOf(state, grant, 'open_payload') > 0 && !isRunning(state, grant, 'open_payload')
  // A poster sends a payload to its grantee alone, which proves the grant. A payload that the task carries proves
  // nothing. The answer to a request also tells a worker that has lost the grant which one counts now.
  const ours = held.fallback || (held.grantEvent !== null && !tried && !(yield* asksFirst(state, held, now)))
  if (ours && mayStandIn(held.taskEvent, state.self)) {
    yield* paced(state, now, grant, 'open_payload', gap, { type: 'open_payload', grant })
    return
  }
  const due = givenBy(held)
  if (now < due) {
    yield { wakeAt: due }
    return
  }
  const message = { type: 'payload_request', task, grant, attempt } as const
  yield* paced(state, now, grant, 'ask_payload', gap, { type: 'send', to: poster, message })
}

/** Returns until when the payload may come unasked. A poster sends it with its first message about a claimed Grant. */
function givenBy({ claimed, fallback, knownAt, since }: Held): Millis {
  return claimed && !fallback && knownAt === since ? knownAt + limits.payload_ask_after_ms : knownAt
}

/**
 * Whether the poster is asked before a run that a restart interrupted begins again. If another worker has the task by
 * now, the poster says so. It has as much time as a peer has to answer an offer. A poster that is away need not be asked.
 */
function* asksFirst(state: MeshState, held: Held, now: Millis): Generator<PlanItem, boolean> {
  const { grant, knownAt, since } = held
  if (knownAt === since) return false
  const until = knownAt + state.config.offer_wait_ms
  yield { wakeAt: until }
  const asked = triesOf(state, grant, 'ask_payload') > 0 && !isRunning(state, grant, 'ask_payload')
  return now < until || !asked
}

function* attest(state: MeshState, held: Held, now: Millis): Generator<PlanItem> {
  if (!held.grantEvent && !held.fallback) return
  yield* paced(state, now, held.grant, 'attest', untilArrival(state.config), {
    type: 'attest',
    grant: held.grant,
  })
}

/** Sends the result again, at growing pauses within the lease, until the poster says that the task is closed. */
function* deliver(state: MeshState, held: Held, now: Millis): Generator<PlanItem> {
  if (!held.result || !held.run || (yield* foundAway(state, held.poster, now))) return
  const { task, attempt, poster, result, run } = held
  const message = {
    type: 'result',
    task,
    attempt,
    result: result.hash,
    salt: run.salt,
    key: run.key,
    claim: held.fallback ? held.grant : null,
  } as const
  const gap = answerGap(state)
  yield* paced(state, now, held.grant, 'deliver', gap, { type: 'send', to: poster, message })
}

/**
 * Renews the lease until the Result is written. While the run has begun and nothing more is known, `started` is sent
 * again: the first may be lost, and an embedding run reads its text at once. A machine that has run but cannot write
 * keeps the task a while longer.
 */
function* renewal(state: MeshState, held: Held, now: Millis): Generator<PlanItem> {
  if (!held.taskEvent || held.result || (yield* foundAway(state, held.poster, now))) return
  if (now >= renewsUntil(held)) return
  const begun = held.run !== null || isRunning(state, held.grant, 'run')
  const { lease_renewals, silence_ms } = state.config
  const patience = begun ? Math.min(held.taskEvent.entry.lease_ms, silence_ms) : held.taskEvent.entry.lease_ms
  const share = Math.ceil(patience / lease_renewals)
  const { poster } = held
  const message = renewalOf(held)
  yield* paced(state, now, held.grant, 'renew', () => share, { type: 'send', to: poster, message })
}

function renewalOf({ grant, task, attempt, fallback, run, started, tokens_in, tokens_out }: Held): Message {
  if (fallback) return { type: 'runs', task, claim: grant }
  const ran = run !== null
  const hasOnlyBegun = started && !ran && tokens_in === 0 && tokens_out === 0
  return hasOnlyBegun
    ? { type: 'started', task, attempt }
    : { type: 'progress', task, attempt, tokens_in, tokens_out, ran }
}

/** Whether a poster is away. It gets no messages until it is heard again. */
function* foundAway(state: MeshState, poster: string, now: Millis): Generator<PlanItem, boolean> {
  const away = isAway(state, poster, now)
  const peer = state.peers.get(poster)
  if (peer && poster !== state.self && !away) yield { wakeAt: awayAt(peer, state.config.peer_away_ms) }
  return away
}

/**
 * Picks the grant that the engine runs next, while it has room for one more. A draining machine runs only last attempts.
 * No run is interrupted for another. Interactive tasks come first, then the oldest. A background task counts as younger
 * by `limits.background_ages_ms`, so that it still gets its turn.
 */
export function* planRun(state: MeshState, now: Millis): Generator<PlanItem> {
  const live = [...state.held.values()].filter(
    (held) => !held.ended && (!state.draining || isLastAttempt(held)),
  )
  const running = [...state.held.values()].filter(({ grant }) => isRunning(state, grant, 'run'))
  if (running.length >= state.config.runs_max || running.some(isAlone)) return
  const ready = live.filter((held) => held.payload && held.journalled && !held.run && !running.includes(held))
  const next = ready.sort((a, b) => turnOf(a) - turnOf(b) || (a.grant < b.grant ? -1 : 1))[0]
  if (next && (running.length === 0 || !isAlone(next)))
    yield* paced(state, now, next.grant, 'run', backoff(state.config), { type: 'run', grant: next.grant })
}

/** Whether a run has the engine to itself, because it must reproduce the same bytes. */
function isAlone({ taskEvent }: Held): boolean {
  return taskEvent?.entry.deterministic != null
}

function turnOf({ since, taskEvent }: Held): Millis {
  return since + (taskEvent?.entry.priority === 'background' ? limits.background_ages_ms : 0)
}

/**
 * Returns when a grant is given up without a message from its poster: the task's whole life after the grant, plus a
 * lease. An answered task is kept for days longer, because its poster accepts the answer even when it returns late. An
 * unproven grant, or one whose Task does not arrive, is given up when a silent peer counts as away. After a restart a Task
 * has that time again.
 */
function giveUpAt(state: MeshState, held: Held, now: Millis): Millis {
  const task = isProven(held) ? held.taskEvent?.entry : undefined
  if (!task) return held.knownAt + state.config.peer_away_ms
  const answered = held.result?.entry.status.type === 'ok'
  const kept = answered ? state.config.answer_life_ms : 0
  const end = held.since + Math.max(kept, task.deadlines_ms.total) + task.lease_ms
  return isAway(state, held.poster, now) ? Math.min(end, payloadEnd(state, held)) : end
}

/** Asks a present peer for its open tasks, if it was not asked since it came (back). */
export function* planPeer(state: MeshState, peer: Peer, now: Millis): Generator<PlanItem> {
  const { self, config, draining, paused } = state
  if (peer.agent === self || !isPresent(peer, self, now, config.peer_away_ms)) return
  yield { wakeAt: awayAt(peer, config.peer_away_ms) }
  const last = state.asking.get(peer.agent)
  if (draining || paused || !config.works || (last && !last.more)) return
  const message = { type: 'open_tasks', cursor: last?.cursor ?? 0 } as const
  const effect = { type: 'send', to: peer.agent, message } as const
  yield* paced(state, now, peerOwner(peer.agent), 'ask', askGap(state), effect)
}

/**
 * Returns the pause before a silent peer is asked again. It begins with the time that an offer waits for its answer, then
 * doubles up to a third of `peer_away_ms`. The peer may have gone, which is certain only much later. A peer that comes
 * back is asked at once.
 */
function askGap({ config }: MeshState): (tries: number) => number {
  return (tries) => Math.min(config.offer_wait_ms * 2 ** Math.min(tries - 1, 30), config.peer_away_ms / 3)
}

/** Returns the pause before a result is sent again: at least the time that an offer waits for its answer. */
function answerGap({ config }: MeshState): (tries: number) => number {
  const gap = backoff(config)
  return (tries) => Math.max(gap(tries), config.offer_wait_ms)
}
