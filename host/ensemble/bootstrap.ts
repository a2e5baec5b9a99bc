/** A seeded generator (mulberry32): the same seed gives the same numbers, everywhere. */
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

/** Tail that the interval leaves out at each end. */
const TAIL = 0.025

/**
 * Where 95 % of the means of resamples lie, of differences of pairs: whole pairs are drawn anew, so that what makes an item
 * hard for both sides takes no part in it. The percentile method. Pure: the seed decides the draws. Not for an empty list.
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
