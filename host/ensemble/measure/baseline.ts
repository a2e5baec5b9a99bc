/** Asks the best member of an ensemble alone, for the comparison of a measurement. */
import { limits } from '../../limits.ts'
import type { ScoreCard } from '../../types/score-card.ts'
import { greedy, sampled } from '../members/members.ts'
import type { EnsembleMode, Member } from '../members/types.ts'
import type { Question } from '../query/ask-members.ts'
import { ballotsOf, reduceBallots } from '../vote/reduce.ts'
import { questionOf, spentOn, type TryNeeds, triedOf, tryMembers } from './eval-ask.ts'
import type { BaselineDone, TriedText } from './eval-journal.ts'
import { type EvalItem, isRight } from './eval-set.ts'

/** One item, and what the ensemble spent on it. */
export interface BaselinePlan {
  readonly item: EvalItem
  /** The best member, as the ensemble asked it. */
  readonly member: Member
  readonly mode: EnsembleMode
  readonly ensemble: Pick<TriedText, 'tokens_in' | 'tokens_out'>
  /** The best member's own answer in the ensemble; null if it failed. */
  readonly own: TriedText | null
}

/** The conditions for a single answer. */
const one = { answer_ms: limits.eval_answer_ms, all: true }

/** Returns how the best member of an ensemble of this mode spends an equal number of tokens. Pure. */
export function equalTokensBy(mode: EnsembleMode): ScoreCard['equal_tokens_by'] {
  return mode === 'distinct_models' ? 'samples' : 'one_long_answer'
}

/**
 * Asks the best member one item: for one greedy answer, and for an answer with the ensemble's number of tokens read and
 * generated. The second is a vote of samples with their own seeds (Self-MoA). If the ensemble itself samples that model, the
 * second is one greedy answer with all of its tokens. Rejects if the member gives no answer.
 */
export async function baselineOf(
  needs: TryNeeds,
  plan: BaselinePlan,
  signal: AbortSignal,
): Promise<BaselineDone> {
  const { item, mode, ensemble, own } = plan
  const member = { ...plan.member, sampling: greedy }
  const budget = ensemble.tokens_in + ensemble.tokens_out
  const distinct = mode === 'distinct_models'
  // A member with a model of its own was asked greedily: that answer is the one answer.
  const one_answer =
    distinct && own !== null ? own : await answerOf(needs, member, item, questionOf(item), signal)
  const equal_tokens = distinct
    ? await samples(needs, plan, budget, signal)
    : await longer(needs, { item, member }, one_answer, budget, signal)
  return { step: 'baseline', item: item.id, one_answer, equal_tokens }
}

/** Samples until the budget is spent: the first shows how many fit, and the others are asked at once. */
async function samples(
  needs: TryNeeds,
  { item, member }: BaselinePlan,
  budget: number,
  signal: AbortSignal,
): Promise<TriedText> {
  const question = questionOf(item)
  // These seeds lie beyond those of all items, so no member's answer is repeated.
  const base = member.seed + limits.members_max * limits.eval_items_max
  const sample = (at: number): Member => ({ ...member, sampling: sampled, seed: (base + at) % 2 ** 32 })
  const first = await tryMembers(needs, [sample(0)], question, one, signal)
  const { tokens_in, tokens_out } = spentOn(first.replies)
  const most = Math.round(budget / Math.max(1, tokens_in + tokens_out))
  const more = Math.min(limits.eval_samples_max, Math.max(1, most)) - 1
  const others = Array.from({ length: more }, (_none, at) => sample(at + 1))
  // One machine may have to give all of them in turn. With fewer, the best member would have fewer tokens than the ensemble.
  const each = { answer_ms: more * limits.eval_answer_ms, all: true }
  const rest = await tryMembers(needs, others, question, each, signal)
  const replies = [...first.replies, ...rest.replies]
  const ballots = ballotsOf(replies.map((reply) => ({ ...reply, weight_milli: 1_000 })))
  const { text } = reduceBallots(ballots, { min_agreement: 0, require_consensus: false })
  return { right: isRight(item, text), text, ...spentOn(replies), ms: first.ms + rest.ms }
}

/**
 * Gives one greedy answer with the whole budget. If the short one ended by itself, the long one would be the same bytes, so
 * the short one is used.
 */
async function longer(
  needs: TryNeeds,
  { item, member }: Pick<BaselinePlan, 'item' | 'member'>,
  short: TriedText,
  budget: number,
  signal: AbortSignal,
): Promise<TriedText> {
  const max_tokens = Math.min(limits.max_tokens_max, budget - short.tokens_in)
  if (short.tokens_out < item.max_tokens || max_tokens <= item.max_tokens) return short
  return answerOf(needs, member, item, { ...questionOf(item), max_tokens }, signal)
}

async function answerOf(
  needs: TryNeeds,
  member: Member,
  item: EvalItem,
  question: Question,
  signal: AbortSignal,
): Promise<TriedText> {
  const { replies } = await tryMembers(needs, [member], question, one, signal)
  const [reply] = replies
  return reply === undefined
    ? { right: false, text: null, tokens_in: 0, tokens_out: 0, ms: 0 }
    : triedOf(item, reply)
}
