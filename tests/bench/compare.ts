import { Prng } from '../harness/sim/random.ts'

/** Resamples of the bootstrap; enough for two digits of an interval. */
const RESAMPLES = 4_000

/** How one thing compares with another that was measured beside it. */
export interface Comparison {
  readonly runs: number
  readonly median: number
  readonly raw_median: number
  /** Of the medians. */
  readonly ratio: number
  /** Bootstrap interval of that ratio. */
  readonly ratio_95: readonly [low: number, high: number]
}

/** Compares the medians of two samples. The resamples are seeded: the same samples give the same interval. */
export function compare(ours: readonly number[], raw: readonly number[]): Comparison {
  const random = new Prng(1)
  const resample = (sample: readonly number[]) => median(sample.map(() => random.pick(sample)))
  const ratios = Array.from({ length: RESAMPLES }, () => resample(ours) / resample(raw)).sort((a, b) => a - b)
  const at = (share: number): number => round(ratios[Math.floor(share * (RESAMPLES - 1))] ?? 0)
  return {
    runs: ours.length,
    median: round(median(ours)),
    raw_median: round(median(raw)),
    ratio: round(median(ours) / median(raw)),
    ratio_95: [at(0.025), at(0.975)],
  }
}

/** The middle of a sample; 0 for an empty one. */
export function median(sample: readonly number[]): number {
  const sorted = sample.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Three digits after the point. */
export function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

/** How long something takes, in milliseconds, and what it gives. */
export async function timed<T>(act: () => Promise<T>): Promise<[ms: number, value: T]> {
  const from = performance.now()
  const value = await act()
  return [performance.now() - from, value]
}

/** Prints what a bench has found. */
export function print(found: object): void {
  process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
}
