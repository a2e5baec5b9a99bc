import { expect, test } from 'vitest'
import { compare, inTurns, median, quantile, spread } from '../../bench/compare.ts'
import { exponent, fitLine, lastToFirst, type Point, slope, slopeRatio, steps } from '../../bench/fit.ts'
import { Prng } from '../../harness/sim/random.ts'

/** Noise of up to a tenth on what a law gives. */
function points(law: (at: number) => number, seed = 1): Point[] {
  const random = new Prng(seed)
  return [10, 30, 100, 300, 1_000].map((at) => ({
    at,
    sample: Array.from({ length: 30 }, () => law(at) * (0.9 + 0.2 * random.next())),
  }))
}

function holds([low, high]: readonly [number, number], value: number): boolean {
  return low <= value && value <= high
}

test('a median lies between its neighbours, and a quantile is one of the sample', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, 0])
  expect([0, 0.5, 0.51, 0.95, 1].map((share) => quantile([30, 0, 20, 10], share))).toEqual([
    0, 10, 20, 30, 30,
  ])
  expect(quantile([], 0.95)).toBe(0)
  expect(spread([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])).toEqual({ runs: 11, p10: 2, median: 6, p90: 10 })
})

test('a line through points on a line is that line', () => {
  const line = fitLine([0, 1, 5, 9].map((x) => [x, 3 * x + 2] as const))
  expect([line.slope, line.intercept]).toEqual([expect.closeTo(3), expect.closeTo(2)])
  expect(fitLine([[4, 7]]).slope).toBe(0)
})

test.each([
  [0, () => 5],
  [1, (at: number) => 0.2 * at],
  [2, (at: number) => 0.01 * at * at],
  [0.5, (at: number) => 3 * Math.sqrt(at)],
])('the exponent %d is found', (power, law) => {
  const { value, interval_95 } = exponent(points(law))
  expect(value).toBeCloseTo(power, 1)
  expect(holds(interval_95, value)).toBe(true)
  expect(interval_95[1] - interval_95[0]).toBeLessThan(0.1)
})

test('two slopes and their ratio are found', () => {
  const [ours, raw] = [points((at) => 50 + 0.3 * at), points((at) => 10 + 0.1 * at, 2)]
  expect(slope(raw).value).toBeCloseTo(0.1, 2)
  const ratio = slopeRatio(ours, raw)
  expect(holds(ratio.interval_95, 3)).toBe(true)
  expect(ratio.value).toBeCloseTo(3, 0)
})

test('the ratio of the last point to the first is found', () => {
  expect(lastToFirst(points(() => 5)).value).toBeCloseTo(1, 1)
  expect(lastToFirst(points((at) => at)).value).toBeCloseTo(100, -1)
})

test('the interval of a ratio holds it, and the same samples give the same interval', () => {
  const random = new Prng(3)
  const sample = (around: number) => Array.from({ length: 40 }, () => around * (0.8 + 0.4 * random.next()))
  const [ours, raw] = [sample(30), sample(20)]
  const found = compare(ours, raw)
  expect(holds(found.ratio_95, 1.5)).toBe(true)
  expect(holds(found.added_95, 10)).toBe(true)
  expect(found.p95).toBeGreaterThan(found.median)
  expect(compare(ours, raw)).toEqual(found)
})

test('steps span their range evenly on a logarithmic scale', () => {
  expect(steps(3_200, 32, 6)).toEqual([100, 200, 400, 800, 1_600, 3_200])
  expect(steps(10, 100, 3)).toEqual([1, 1, 10])
})

test('turns alternate', async () => {
  const order: string[] = []
  await inTurns(
    4,
    async () => order.push('a'),
    async () => order.push('b'),
  )
  expect(order.join('')).toBe('abbaabba')
})
