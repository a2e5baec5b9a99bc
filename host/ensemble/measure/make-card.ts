/** Makes the score card of a finished measurement. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { AgentKey } from '../../types/events.ts'
import { CARD_LIFE_MS, CARD_VERSION, type ScoreCard, type TypeScore } from '../../types/score-card.ts'
import type { TaskType } from '../../types/task-type.ts'
import { type InferencePolicy, policyDigest } from '../members/policy.ts'
import { equalTokensBy } from './baseline.ts'
import type { EvalJournal } from './eval-journal.ts'
import type { Lineups } from './eval-lineup.ts'
import { type EvalItem, type EvalSet, formOfItems } from './eval-set.ts'
import { type ItemScore, scoreOf } from './tally.ts'

/** A finished measurement. */
export interface Measured {
  readonly agent: AgentKey
  readonly set: EvalSet
  readonly policy: InferencePolicy
  readonly seed: number
  readonly lines: Lineups
  readonly journal: Pick<EvalJournal, 'begunAt' | 'fanOuts' | 'baselines'>
  /** The place of the best member for each task type. */
  readonly best: ReadonlyMap<TaskType, number>
}

/** Returns for each task type the place of the member with the most right answers; the first of equals. Pure. */
export function bestOf(
  { items }: EvalSet,
  { mode, of }: Lineups,
  { fanOuts }: Pick<EvalJournal, 'fanOuts'>,
): ReadonlyMap<TaskType, number> {
  const right = (type: TaskType, place: number): number =>
    items.filter((item) => item.task_type === type && fanOuts.get(item.id)?.members[place]?.right).length
  return new Map(
    [...of].map(([type, line]) => {
      const counts = line.map((_member, place) => right(type, place))
      return [type, mode === 'self_consistency' ? 0 : counts.indexOf(Math.max(...counts))]
    }),
  )
}

/**
 * Returns the card of a measurement, dated when that began, because its findings may be that old. Throws
 * `RIPPLE_EVAL_STOPPED` if too many members failed for a statement about the ensemble. Pure.
 */
export function cardOf(measured: Measured): ScoreCard {
  const { agent, set, policy, seed, lines, journal, best } = measured
  const at = journal.begunAt
  const all = set.items.map((item) => ({ type: item.task_type, score: itemScore(journal, item), item }))
  refuseFailed(
    all.map(({ score }) => score),
    set,
    lines,
  )
  const typeScore = (type: TaskType): TypeScore => {
    const line = lines.of.get(type) ?? []
    const place = best.get(type) ?? 0
    const scores = all.filter((one) => one.type === type).map(({ score }) => score)
    const form = formOfItems(set.items.filter(({ task_type }) => task_type === type))
    const { model = '', model_digest = null } = line[place] ?? {}
    return {
      members: line.map((one) => ({ ...one })),
      best_member: { model, model_digest },
      form,
      ...scoreOf(scores, seed),
    }
  }
  return {
    version: CARD_VERSION,
    agent,
    at,
    expires_at: at + CARD_LIFE_MS,
    set: { name: set.name, digest: set.digest, items: all.length },
    policy: { name: policy.name, digest: policyDigest(policy) },
    mode: lines.mode,
    seed,
    equal_tokens_by: equalTokensBy(lines.mode),
    bootstrap: { seed, resamples: limits.bootstrap_resamples },
    scores: Object.fromEntries([...lines.of.keys()].map((type) => [type, typeScore(type)])),
    overall: scoreOf(
      all.map(({ score }) => score),
      seed,
    ),
  }
}

function refuseFailed(scores: readonly ItemScore[], { items }: EvalSet, { of }: Lineups): void {
  const asked = items.reduce((sum, { task_type }) => sum + (of.get(task_type)?.length ?? 0), 0)
  const failed = scores.reduce((sum, { ensemble }) => sum + ensemble.failed_members, 0)
  if (100 * failed <= limits.eval_failed_percent_max * asked) return
  const detail = `${failed} of ${asked} members' answers failed, too many to say anything of the ensemble`
  throw new RippleError('RIPPLE_EVAL_STOPPED', { done: items.length, items: items.length, detail })
}

function itemScore({ fanOuts, baselines }: Measured['journal'], { id }: EvalItem): ItemScore {
  const [asked, beside] = [fanOuts.get(id), baselines.get(id)]
  if (asked === undefined || beside === undefined)
    throw new RippleError('RIPPLE_INTERNAL', { detail: `item '${id}' was not measured` })
  return { ensemble: asked.ensemble, one_answer: beside.one_answer, equal_tokens: beside.equal_tokens }
}
