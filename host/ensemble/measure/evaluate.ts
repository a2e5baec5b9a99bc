/** Measures an ensemble against its best single member. */
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { SharedInference } from '../../types/answer.ts'
import type { Millis } from '../../types/events.ts'
import type { ScoreCard } from '../../types/score-card.ts'
import { type TaskType, taskTypes } from '../../types/task-type.ts'
import { vote } from '../query/query.ts'
import { baselineOf } from './baseline.ts'
import { questionOf, spentOn, type TryNeeds, triedOf, tryMembers } from './eval-ask.ts'
import { EvalJournal, type FanOutDone } from './eval-journal.ts'
import {
  type LineupNeeds,
  type LineupRequest,
  type Lineups,
  lineupsNow,
  membersAt,
  type PlacedItem,
  runName,
} from './eval-lineup.ts'
import { type EvalItem, isRight } from './eval-set.ts'
import { bestOf, cardOf } from './make-card.ts'

/** The ports of a measurement. */
export interface EvalNeeds extends LineupNeeds, TryNeeds {
  readonly inference: Pick<SharedInference, 'models' | 'places'>
  /** The folder for the measurement's journal. */
  readonly folder: string
  now(): Millis
}

/** The measurement to make. The seed also decides the resamples, so the same seed repeats the same asks and draws. */
export interface EvalRequest extends LineupRequest {
  /** Receives a line about each step, for a person who waits. */
  say(line: string): void
}

/** A measurement under way. */
interface Run {
  readonly needs: EvalNeeds
  readonly request: EvalRequest
  readonly lines: Lineups
  readonly journal: EvalJournal
  readonly signal: AbortSignal
}

/**
 * Measures an ensemble's local tier on tasks with known answers, against its best member. It first asks the ensemble every
 * item. This shows the best member of each task type: the one with the most right answers, a choice that favours it over any
 * earlier one.
 *
 * It then asks that member every item, for one answer and with as many tokens as the ensemble spent on it. The heaviest class
 * counts even if fewer agree than the policy asks for; the card says how often. Cloud providers are not measured: a set never
 * leaves the mesh, and providers change models without notice.
 *
 * A repeated request resumes after an abort while a card from its beginning would still be valid, and then starts over.
 * Rejects with `RIPPLE_ENSEMBLE_NO_MEMBER`, `RIPPLE_EVAL_STOPPED` and the signal's reason.
 */
export async function evaluate(
  needs: EvalNeeds,
  request: EvalRequest,
  signal: AbortSignal,
): Promise<ScoreCard> {
  const { set, say, seed } = request
  const lines = lineupsNow(needs, request)
  await using journal = await EvalJournal.open(needs.folder, runName(request, lines), needs.now())
  const run = { needs, request, lines, journal, signal }
  const done = journal.fanOuts.size + journal.baselines.size
  say(`${set.items.length} items of '${set.name}', ${membersText(lines)}, seed ${seed}`)
  if (done > 0) say(`${done} of ${2 * set.items.length} steps were done before`)
  const items = set.items.map((item, index) => ({ item, index }))
  for (const one of items) if (!journal.fanOuts.has(one.item.id)) await step(run, one, () => askAll(run, one))
  const best = bestOf(set, lines, journal)
  for (const [type, line] of lines.of) say(`best at ${type}: ${line[best.get(type) ?? 0]?.model}`)
  for (const one of items)
    if (!journal.baselines.has(one.item.id)) await step(run, one, () => askBest(run, one, best))
  return cardOf({ set, policy: request.policy, seed, lines, journal, best, agent: needs.agent })
}

/**
 * Does one step, records it and reports it. A failure stops the measurement and keeps the finished steps, because only a
 * complete measurement gives a card. Rejects with `RIPPLE_EVAL_STOPPED` and the signal's reason.
 */
async function step(
  { request, journal, signal }: Run,
  { item }: PlacedItem,
  act: () => Promise<Parameters<EvalJournal['add']>[0]>,
): Promise<void> {
  const items = request.set.items.length
  try {
    signal.throwIfAborted()
    const done = await act()
    await journal.add(done)
    const right = done.step === 'ensemble' ? done.ensemble.right : done.equal_tokens.right
    const count = journal.fanOuts.size + journal.baselines.size
    request.say(`${count}/${2 * items} ${item.id} ${done.step} ${right ? 'right' : 'wrong'}`)
  } catch (thrown) {
    const error = toRippleError(thrown)
    if (signal.aborted || error.code === 'RIPPLE_EVAL_STOPPED') throw thrown
    const facts = { done: journal.baselines.size, items, detail: error.message }
    throw new RippleError('RIPPLE_EVAL_STOPPED', facts, { cause: thrown })
  }
}

/** Asks all members one item. */
async function askAll({ needs, request, lines, signal }: Run, placed: PlacedItem): Promise<FanOutDone> {
  const { item } = placed
  const members = membersAt(needs, request, lines, placed)
  // Members have the policy's time here too: a member too slow for the policy is of no use.
  const trial = { answer_ms: request.policy.local_tier.timeout_ms, all: false }
  const { replies, ms } = await tryMembers(needs, members, questionOf(item), trial, signal)
  const { text, agreement } = vote({ policy: request.policy, require_consensus: false }, replies)
  return {
    step: 'ensemble',
    item: item.id,
    ensemble: {
      ...{ right: isRight(item, text), text, ...spentOn(replies), ms },
      no_consensus: agreement < request.policy.reducer.min_agreement,
      failed_members: replies.filter(({ response }) => response === null).length,
    },
    members: replies.map((one) => (one.response === null ? null : triedOf(item, one))),
  }
}

/** Asks one item of the best member for its task type. */
async function askBest(
  { needs, request, lines, journal, signal }: Run,
  placed: PlacedItem,
  best: ReadonlyMap<TaskType, number>,
) {
  const { item } = placed
  const place = best.get(item.task_type) ?? 0
  const member = membersAt(needs, request, lines, placed)[place]
  const asked = journal.fanOuts.get(item.id)
  if (member === undefined || asked === undefined) throw unmeasured(item)
  const { ensemble, members } = asked
  const plan = { item, member, mode: lines.mode, ensemble, own: members[place] ?? null }
  return baselineOf(needs, plan, signal)
}

function unmeasured({ id }: EvalItem): RippleError {
  return new RippleError('RIPPLE_INTERNAL', { detail: `item '${id}' was not measured` })
}

function membersText({ mode, of }: Lineups): string {
  const counts = taskTypes.flatMap((type) => of.get(type)?.length ?? [])
  const count = Math.max(...counts)
  return mode === 'distinct_models' ? `${count} models` : `${count} samples of one model`
}
