/** Computes the score of an ensemble from its items. */
import { limits } from '../../limits.ts'
import type { Comparison, Cost, Score } from '../../types/score-card.ts'
import { pairedInterval } from '../cards/resampling.ts'

/** The outcome of one item, asked in one way. */
export interface Tried {
  readonly right: boolean
  readonly tokens_in: number
  readonly tokens_out: number
  readonly ms: number
}

/** The outcomes of one item, asked in all ways. */
export interface ItemScore {
  readonly ensemble: Tried & { readonly no_consensus: boolean; readonly failed_members: number }
  readonly one_answer: Tried
  readonly equal_tokens: Tried
}

/** Returns the score of at least one item. Pure: the seed decides the resamples. */
export function scoreOf(items: readonly ItemScore[], seed: number): Score {
  const ensemble = items.map((item) => item.ensemble)
  return {
    items: items.length,
    ensemble: {
      accuracy: accuracyOf(ensemble),
      no_consensus: ensemble.filter(({ no_consensus }) => no_consensus).length,
      failed_members: sum(ensemble.map(({ failed_members }) => failed_members)),
      cost: costOf(ensemble),
    },
    one_answer: compareWith(items, ({ one_answer }) => one_answer, seed),
    equal_tokens: compareWith(items, ({ equal_tokens }) => equal_tokens, seed),
  }
}

function compareWith(
  items: readonly ItemScore[],
  other: (item: ItemScore) => Tried,
  seed: number,
): Comparison {
  const differences = items.map((item) => Number(item.ensemble.right) - Number(other(item).right))
  const count = (value: number): number => differences.filter((one) => one === value).length
  const [low, high] = pairedInterval(differences, limits.bootstrap_resamples, seed)
  return {
    accuracy: accuracyOf(items.map(other)),
    wins: count(1),
    ties: count(0),
    losses: count(-1),
    difference: rounded(sum(differences) / items.length),
    difference_95: [rounded(low), rounded(high)],
    cost: costOf(items.map(other)),
  }
}

function accuracyOf(tried: readonly Tried[]): number {
  return rounded(tried.filter(({ right }) => right).length / tried.length)
}

function costOf(tried: readonly Tried[]): Cost {
  return {
    tokens_in: sum(tried.map(({ tokens_in }) => tokens_in)),
    tokens_out: sum(tried.map(({ tokens_out }) => tokens_out)),
    seconds: rounded(sum(tried.map(({ ms }) => ms)) / 1_000),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

/** Rounds to four decimal places: anything finer is noise. */
function rounded(value: number): number {
  // Adding zero turns minus zero into zero, which JSON would write differently.
  return Number(value.toFixed(4)) + 0
}
