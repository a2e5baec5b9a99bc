/** Computes confidence intervals by resampling, from a seed. */

/** Returns a seeded generator (mulberry32): the same seed gives the same numbers everywhere. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The share of the distribution left out at each end of the interval. */
const TAIL = 0.025

/**
 * Returns the 95 % interval of the mean difference, by the percentile method. It resamples whole pairs, so an item's
 * difficulty for both sides cancels out. Pure: the seed decides the draws. The list must not be empty.
 */
export function pairedInterval(
  differences: readonly number[],
  resamples: number,
  seed: number,
): [low: number, high: number] {
  const next = seededNumbers(seed)
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0
    for (let draw = 0; draw < differences.length; draw += 1)
      sum += differences[Math.floor(next() * differences.length)] ?? 0
    return sum / differences.length
  }).sort()
  const at = (share: number): number => means[Math.max(0, Math.ceil(share * resamples) - 1)] ?? 0
  return [at(TAIL), at(1 - TAIL)]
}
