import { type MeshCore, meshCore } from '../../../host/mesh/core.ts'
import type { Plan, ScheduledEffect } from '../../../host/mesh/state/effects.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import { currentGrant, isSpent, lastEvent, type Posted } from '../../../host/mesh/state/posted.ts'
import { type MeshState, withPosted } from '../../../host/mesh/state/state.ts'
import type { Subject } from '../../../host/mesh/state/subjects.ts'
import type { EntryOf, Millis } from '../../../host/types/events.ts'
import type { Violation } from '../checker/history.ts'
import type { SimRules } from './world.ts'

/** A defect put in on purpose, to show that the checker finds it. */
export interface Bug {
  readonly core: MeshCore
  /** The rules that it needs: the real ones, unless they alone would stop it. */
  readonly rules: (real: SimRules) => SimRules
  /** The rule that the checker must report. */
  readonly rule: Violation['rule']
}

const real = (rules: SimRules) => rules
const none = (rules: SimRules): SimRules => ({ ...rules, checkEntry: () => ({ valid: true }) })

/** The defects by name. */
export const bugs: Readonly<Record<string, Bug>> = {
  no_fencing: { core: planning(acceptLate), rules: none, rule: 'accepted_is_the_grantees' },
  double_grant: { core: planning(grantTwice), rules: real, rule: 'no_equivocation' },
  lost_deadline: { core: { ...meshCore, planOf: waitOn }, rules: real, rule: 'one_terminal_state' },
  accept_without_check: { core: { ...meshCore, apply: trust }, rules: real, rule: 'output_opens' },
  forget_after_crash: { core: { ...meshCore, apply: forget }, rules: real, rule: 'one_terminal_state' },
  start_early: { core: { ...meshCore, planOf: ignoreDependencies }, rules: real, rule: 'dependencies_hold' },
  cancels_unasked: {
    core: { ...meshCore, planOf: cancelStarted },
    rules: real,
    rule: 'cancel_was_wanted',
  },
  impatient: {
    core: { ...meshCore, apply: takeForLost, planOf: mistrust },
    rules: real,
    rule: 'attempts_bounded',
  },
  asks_liars: { core: { ...meshCore, planOf: giveBack }, rules: real, rule: 'rejected_left_out' },
  lost_retry: { core: { ...meshCore, planOf: giveOnce }, rules: real, rule: 'retry_happens' },
  gives_up: { core: planning(failStarted), rules: real, rule: 'attempts_bounded' },
  never_checks: { core: { ...meshCore, planOf: leaveUnchecked }, rules: real, rule: 'answer_kept' },
  run_twice: { core: { ...meshCore, apply: rerun }, rules: real, rule: 'executions_bounded' },
}

type More = (state: MeshState, actions: readonly ScheduledEffect[], subject: Subject) => ScheduledEffect[]

function planning(more: More): MeshCore {
  return {
    ...meshCore,
    planOf: (state, subject, now) => {
      const { actions, wake } = meshCore.planOf(state, subject, now)
      return { actions: [...actions, ...more(state, actions, subject)], wake }
    },
  }
}

/** Accepts the Result of an attempt that was superseded, as if attempts fenced nothing. */
function acceptLate(
  state: MeshState,
  actions: readonly ScheduledEffect[],
  subject: Subject,
): ScheduledEffect[] {
  const posted = state.open.get(subject)
  const late = [...(posted?.results.values() ?? [])].find(
    (seen) => seen.event && seen.attempt < (posted?.grants.length ?? 0),
  )
  const begun = state.pace.get(subject)?.has('late') || actions.length > 0
  if (!posted || !late?.event || begun) return []
  return [
    { type: 'commit', entry: acceptance(posted, late.event.hash), owner: subject, verb: 'late', tries: 1 },
  ]
}

function acceptance(posted: Posted, result: string): EntryOf<'Close'> {
  const { hash, entry } = posted.task
  const prev = lastEvent(posted)
  return {
    type: 'Close',
    dna_hash: entry.dna_hash,
    task: hash,
    prev,
    outcome: 'accepted',
    result,
    superseded: [],
    checks: ['none'],
  }
}

/** Gives each attempt to a second worker as well. */
function grantTwice(state: MeshState, actions: readonly ScheduledEffect[]): ScheduledEffect[] {
  return actions.flatMap((action) => {
    if (action.type !== 'commit' || action.entry.type !== 'Grant') return []
    const { worker } = action.entry
    const second = [...state.peers.keys()].find((agent) => agent !== worker && agent !== state.self)
    return second ? [{ ...action, verb: 'commit again', entry: { ...action.entry, worker: second } }] : []
  })
}

/** Never gives a task up. */
function waitOn(state: MeshState, subject: Subject, now: Millis): Plan {
  const { actions, wake } = meshCore.planOf(state, subject, now)
  const givesUp = (action: ScheduledEffect) =>
    action.type === 'commit' &&
    action.entry.type === 'Close' &&
    ['expired', 'failed'].includes(action.entry.outcome)
  return { actions: actions.filter((action) => !givesUp(action)), wake }
}

/** Starts tasks without looking at those that they name. */
function ignoreDependencies(state: MeshState, subject: Subject, now: Millis): Plan {
  const posted = state.open.get(subject)
  if (!posted) return meshCore.planOf(state, subject, now)
  const task = { ...posted.task, entry: { ...posted.task.entry, depends_on: [] } }
  return meshCore.planOf(withPosted(state, { ...posted, task }), subject, now)
}

/** Withdraws every task that has been begun. */
function cancelStarted(state: MeshState, subject: Subject, now: Millis): Plan {
  const posted = state.open.get(subject)
  const begun = posted?.lease?.startedAt != null
  return meshCore.planOf(begun ? withPosted(state, { ...posted, cancelWanted: true }) : state, subject, now)
}

/** Never gives a task to a second worker. */
function giveOnce(state: MeshState, subject: Subject, now: Millis): Plan {
  const { actions, wake } = meshCore.planOf(state, subject, now)
  const again = (action: ScheduledEffect) =>
    action.type === 'commit' && action.entry.type === 'Grant' && action.entry.attempt > 1
  return { actions: actions.filter((action) => !again(action)), wake }
}

/** Gives a task to the same worker again when it has rejected its output. */
function giveBack(state: MeshState, subject: Subject, now: Millis): Plan {
  const { actions, wake } = meshCore.planOf(state, subject, now)
  const posted = state.open.get(subject)
  const liar = posted && currentGrant(posted)?.entry.worker
  const wrong = (action: ScheduledEffect): ScheduledEffect =>
    liar && action.type === 'commit' && action.entry.type === 'Grant' && action.entry.reason === 'rejected'
      ? { ...action, entry: { ...action.entry, worker: liar } }
      : action
  return { actions: actions.map(wrong), wake }
}

/** Takes a worker for lost as soon as it has said something. */
function mistrust(state: MeshState, subject: Subject, now: Millis): Plan {
  return meshCore.planOf(impatient(state), subject, now)
}

/** Takes in what comes as one who does so, and lets others claim the task. */
function takeForLost(state: MeshState, input: MeshInput): MeshState {
  return { ...meshCore.apply(impatient(state), input), config: state.config }
}

function impatient(state: MeshState): MeshState {
  return { ...state, config: { ...state.config, silence_ms: 1 } }
}

/** Takes a worker's word for its output. */
function trust(state: MeshState, input: MeshInput): MeshState {
  const after = meshCore.apply(state, input)
  if (input.type !== 'begun' || !input.verb.startsWith('check/')) return after
  const posted = after.open.get(input.owner)
  const authority = posted ? currentGrant(posted)?.hash : undefined
  if (authority === undefined) return after
  const verdict = { ok: true, why: 'trusted', checks: ['none' as const] }
  return meshCore.apply(after, { type: 'checked', task: input.owner, authority, verdict })
}

/** Does not take up tasks that were there before the daemon came up. */
function forget(state: MeshState, input: MeshInput): MeshState {
  const old = input.type === 'committed' && input.at > input.event.at + 40
  return old ? state : meshCore.apply(state, input)
}

/** Takes the last attempt of a task for lost as soon as it has begun. */
function failStarted(
  state: MeshState,
  actions: readonly ScheduledEffect[],
  subject: Subject,
): ScheduledEffect[] {
  const posted = state.open.get(subject)
  if (posted?.lease?.startedAt == null || !isSpent(posted) || actions.length > 0) return []
  const entry: EntryOf<'Close'> = { ...acceptance(posted, ''), outcome: 'failed', result: null }
  return [{ type: 'commit', entry, owner: subject, verb: 'commit', tries: 1 }]
}

/** Looks at no output, whoever answers. */
function leaveUnchecked(state: MeshState, subject: Subject, now: Millis): Plan {
  const { actions, wake } = meshCore.planOf(state, subject, now)
  return { actions: actions.filter(({ type }) => type !== 'check'), wake }
}

/** Begins again with a grant whenever its payload comes again. */
function rerun(state: MeshState, input: MeshInput): MeshState {
  const after = meshCore.apply(state, input)
  if (input.type !== 'run_finished' || (after.pace.get(input.grant)?.get('run')?.tries ?? 0) > 1) return after
  const held = after.held.get(input.grant)
  const payload = state.held.get(input.grant)?.payload ?? null
  if (!held) return after
  return { ...after, held: new Map(after.held).set(held.grant, { ...held, run: null, payload }) }
}
