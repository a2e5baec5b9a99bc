import { canonicalJson } from '../codec/canonical-json.ts'
import { limits } from '../limits.ts'
import type { Millis } from '../types/events.ts'
import type { TaskType } from '../types/task-type.ts'
import { formText, type PromptForm, speaksFor } from './able-models.ts'
import { compareText } from './members.ts'
import { cardDigest, type Score, type ScoreCard, type TypeScore } from './score-card.ts'
import { lineOf, type Member, type Membership } from './types.ts'

/** Whom a question of some kind should go to, and why. */
export type Route = { readonly why: string; readonly best: Best } & (
  | { readonly to: 'ensemble'; readonly card: ScoreCard }
  | { readonly to: 'single'; readonly card: ScoreCard | null }
)

/** Whom a single answer would be asked of: who was the best by the card that counts, else the first by the policy. */
export interface Best {
  /** Null where no model is online. */
  readonly member: Pick<Member, 'model' | 'model_digest'> | null
  readonly by: 'card' | 'policy'
}

/** A kind of question: a card speaks for one kind of task, in the form in which it was asked. */
export interface Kind {
  readonly taskType: TaskType
  readonly form: PromptForm
}

/**
 * Whether an ensemble may answer in place of the best member: only where a valid card says that it wins at this kind of task.
 * Of several valid cards the newest counts, won or lost. `members` are those that would be asked now: a card about other ones
 * says nothing of them, nor does one about prompts in another form. The cards are taken as they are; whoever calls has checked whose they are. Pure.
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
 * Whether the ensemble is better than chance would have it, at enough items and by the lower ends of both intervals: with as
 * many tokens, and than one answer, because what wastes the tokens of a rival has won nothing. Pure.
 */
export function wins({ items, equal_tokens, one_answer }: Score): boolean {
  const both = equal_tokens.difference_95[0] > 0 && one_answer.difference_95[0] > 0
  return both && items >= limits.score_items_min
}

/** Why a card no longer holds for those who would be asked now; null where it does. Pure. */
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
  const same = card.mode === now.mode && names(score.members) === names([...lineOf(now)])
  return same ? null : 'other models would be asked than were measured'
}

function sentence(kind: string, score: Score): string {
  const { items, ensemble, equal_tokens } = score
  const [low, high] = equal_tokens.difference_95.map(points)
  const share = `${percent(ensemble.accuracy)} against ${percent(equal_tokens.accuracy)} with as many tokens`
  return `at ${kind}: ${share}, ${low} to ${high} points at 95 % (${items} items)`
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

function points(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`
}
