import { type Interval, interval, median, RESAMPLES, resampler, round } from './compare.ts'

/** A measurement at one size of something that grows. */
export interface Point {
  /** How far: a length, a count. */
  readonly at: number
  readonly sample: readonly number[]
}

/** A number that was fitted, with its bootstrap interval. */
export interface Fitted {
  readonly value: number
  readonly interval_95: Interval
}

/** A straight line. */
export interface Line {
  readonly slope: number
  readonly intercept: number
}

/** The line with the least squares. A single place has no slope: it is 0. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Line {
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))]
  const across = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
  const along = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0)
  const slope = across === 0 ? 0 : along / across
  return { slope, intercept: y - slope * x }
}

/** By how much the median grows with each one more. */
export function slope(points: readonly Point[]): Fitted {
  return fitted([points], ([some = []]) => fitLine(medians(some)).slope, 6)
}

/**
 * Returns the power of growth: 0 is constant, 1 is proportional. It is of the plain medians, so a large constant part
 * makes it small: read it together with the slope.
 */
export function exponent(points: readonly Point[]): Fitted {
  return fitted([points], ([some = []]) => {
    const logs = medians(some).flatMap(([x, y]) =>
      x > 0 && y > 0 ? [[Math.log(x), Math.log(y)] as const] : [],
    )
    return fitLine(logs).slope
  })
}

/** How many times as steeply the one grows as the other. */
export function slopeRatio(ours: readonly Point[], raw: readonly Point[]): Fitted {
  return fitted([ours, raw], ([one = [], other = []]) => {
    return fitLine(medians(one)).slope / fitLine(medians(other)).slope
  })
}

/** How many times as much the last point takes as the first. */
export function lastToFirst(points: readonly Point[]): Fitted {
  return fitted([points], ([some = []]) => median(some.at(-1)?.sample ?? []) / median(some[0]?.sample ?? []))
}

/** Places from `to` down to a share of it, evenly in proportion, smallest first: `count` of them. */
export function steps(to: number, span: number, count: number): number[] {
  const factor = span ** (1 / (count - 1))
  return Array.from({ length: count }, (_, index) =>
    Math.max(1, Math.round(to / factor ** (count - 1 - index))),
  )
}

function medians(points: readonly Point[]): (readonly [number, number])[] {
  return points.map(({ at, sample }) => [at, median(sample)] as const)
}

function fitted(
  series: readonly (readonly Point[])[],
  estimate: (series: readonly (readonly Point[])[]) => number,
  digits = 3,
): Fitted {
  const draw = resampler()
  const again = () => series.map((points) => points.map(({ at, sample }) => ({ at, sample: draw(sample) })))
  const interval_95 = interval(
    Array.from({ length: RESAMPLES }, () => estimate(again())),
    digits,
  )
  return { value: round(estimate(series), digits), interval_95 }
}
