/** Decides by the score cards whether an ensemble or a single model answers. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { limits } from '../../limits.ts'
import type { Millis } from '../../types/events.ts'
import type { Score, ScoreCard, TypeScore } from '../../types/score-card.ts'
import type { TaskType } from '../../types/task-type.ts'
import { formText, type PromptForm, speaksFor } from '../members/able-models.ts'
import { compareText } from '../members/members.ts'
import { lineupOf, type Member, type Membership } from '../members/types.ts'
import { cardDigest } from './score-card.ts'

/** The choice between ensemble and single model for a kind of question, with its reason. */
export type Route = { readonly why: string; readonly best: Best } & (
  | { readonly to: 'ensemble'; readonly card: ScoreCard }
  | { readonly to: 'single'; readonly card: ScoreCard | null }
)

/** The model for a single answer: the best member by the valid card, or else the first by the policy. */
export interface Best {
  /** Null where no model is online. */
  readonly member: Pick<Member, 'model' | 'model_digest'> | null
  readonly by: 'card' | 'policy'
}

/** A kind of question. A card applies to one task type, in the form in which it was measured. */
export interface Kind {
  readonly taskType: TaskType
  readonly form: PromptForm
}

/**
 * Returns whether an ensemble or its best member should answer. The ensemble answers only if the newest valid card says that
 * it wins at this task type. A card applies only to these `members`, who would be asked now, and to prompts of its own form.
 * The caller has checked the cards' signatures. Pure.
 */
export function cardFor(
  { taskType, form }: Kind,
  cards: readonly ScoreCard[],
  members: Membership,
  policyDigest: string,
  now: Millis,
): Route {
  const judged = cards
    .toSorted((a, b) => b.at - a.at || compareText(cardDigest(a), cardDigest(b)))
    .flatMap((card) => {
      const score = card.scores[taskType]
      return score !== undefined && speaksFor(score.form, form) ? [{ card, score }] : []
    })
    .map((one) => ({ ...one, stale: staleness(one.card, one.score, members, policyDigest, now) }))
  const [newest] = judged
  const first: Best = { member: members.members[0] ?? null, by: 'policy' }
  const kind = `'${taskType}' in ${formText(form)}`
  if (newest === undefined)
    return { to: 'single', card: null, best: first, why: `no score card is about ${kind}` }
  const valid = judged.find(({ stale }) => stale === null)
  if (valid === undefined)
    return { to: 'single', card: null, best: first, why: newest.stale ?? 'no score card is valid' }
  const said = sentence(kind, valid.score)
  const best: Best = { member: valid.score.best_member, by: 'card' }
  return wins(valid.score)
    ? { to: 'ensemble', card: valid.card, best, why: `the ensemble wins ${said}` }
    : { to: 'single', card: valid.card, best, why: `the ensemble does not win ${said}` }
}

/**
 * Whether the ensemble wins at enough items, by the lower ends of both intervals. It must beat the rival with equal tokens,
 * and also the rival's single answer, in case more tokens made the rival worse. Pure.
 */
export function wins({ items, equal_tokens, one_answer }: Score): boolean {
  const both = equal_tokens.difference_95[0] > 0 && one_answer.difference_95[0] > 0
  return both && items >= limits.score_items_min
}

/** Returns why a card no longer applies to the members that would be asked now; null if it applies. Pure. */
export function staleness(
  card: ScoreCard,
  score: TypeScore,
  now: Membership,
  policyDigest: string,
  at: Millis,
): string | null {
  if (at >= card.expires_at) return 'the score card has expired'
  if (at < card.at) return 'the score card is of a time that has not come'
  if (card.policy.digest !== policyDigest)
    return `the policy '${card.policy.name}' is another one than was measured`
  const names = (line: TypeScore['members']) =>
    canonicalJson(line.map(({ model, model_digest, weight_milli }) => [model_digest ?? model, weight_milli]))
  const same = card.mode === now.mode && names(score.members) === names([...lineupOf(now)])
  return same ? null : 'other models would be asked than were measured'
}

function sentence(kind: string, score: Score): string {
  const { items, ensemble, equal_tokens } = score
  const [low, high] = equal_tokens.difference_95.map(points)
  const share = `${percent(ensemble.accuracy)} against ${percent(equal_tokens.accuracy)} with as many tokens`
  return `at ${kind}: ${share}, ${low} to ${high} points at 95 % (${items} items)`
}

/** Returns a share as people read it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

function points(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`
}
