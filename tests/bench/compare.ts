import { Prng } from '../harness/sim/random.ts'

/** Resamples of the bootstrap; enough for two digits of an interval. */
export const RESAMPLES = 4_000

/** The interval of 95 % of the resamples. */
export type Interval = readonly [low: number, high: number]

/** The comparison of two things that were measured in turns. */
export interface Comparison {
  readonly runs: number
  readonly median: number
  readonly p95: number
  readonly raw_median: number
  readonly raw_p95: number
  /** Of the medians. */
  readonly ratio: number
  /** Bootstrap interval of that ratio. */
  readonly ratio_95: Interval
  /** The time that ours takes more than raw, by the medians. */
  readonly added: number
  readonly added_95: Interval
}

/** Compares the medians of two samples. The resamples are seeded: the same samples give the same interval. */
export function compare(ours: readonly number[], raw: readonly number[]): Comparison {
  const draw = resampler()
  const pairs = Array.from({ length: RESAMPLES }, () => [median(draw(ours)), median(draw(raw))] as const)
  return {
    runs: ours.length,
    median: round(median(ours)),
    p95: round(quantile(ours, 0.95)),
    raw_median: round(median(raw)),
    raw_p95: round(quantile(raw, 0.95)),
    ratio: round(median(ours) / median(raw)),
    ratio_95: interval(pairs.map(([one, other]) => one / other)),
    added: round(median(ours) - median(raw)),
    added_95: interval(pairs.map(([one, other]) => one - other)),
  }
}

/** The figures of a single sample. */
export interface Spread {
  readonly runs: number
  readonly p10: number
  readonly median: number
  readonly p90: number
}

/** The middle of a sample, and where four fifths of it lie. */
export function spread(sample: readonly number[]): Spread {
  return {
    runs: sample.length,
    p10: round(quantile(sample, 0.1)),
    median: round(median(sample)),
    p90: round(quantile(sample, 0.9)),
  }
}

/** A seeded way to draw a sample again from itself. */
export function resampler(): (sample: readonly number[]) => number[] {
  const random = new Prng(1)
  return (sample) => sample.map(() => random.pick(sample))
}

/** The interval that holds 95 % of the values. */
export function interval(values: readonly number[], digits = 3): Interval {
  return [round(quantile(values, 0.025), digits), round(quantile(values, 0.975), digits)]
}

/** The middle of a sample, between two neighbours where it has an even number; 0 for an empty one. */
export function median(sample: readonly number[]): number {
  const sorted = sample.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

/** The smallest value of a sample that a share of it does not exceed, by the nearest rank; 0 for an empty one. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = sample.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** Rounds to a number of decimals. */
export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}

/** How long something takes, in milliseconds, and what it gives. */
export async function timed<T>(act: () => Promise<T>): Promise<[ms: number, value: T]> {
  const from = performance.now()
  const value = await act()
  return [performance.now() - from, value]
}

/** Does two things in turns, each first as often as the other (A-B-B-A), so that a slow moment falls on both. */
export async function inTurns(
  turns: number,
  ours: () => Promise<unknown>,
  raw: () => Promise<unknown>,
): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1)
    for (const way of turn % 2 === 0 ? [ours, raw] : [raw, ours]) await way()
}

/** Prints what a bench has found. */
export function print(found: object): void {
  process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
}
