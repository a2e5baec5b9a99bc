/** The arithmetic of the measurements. */

/** Figures by their names; a name that begins with % is a share. */
export type Numbers = Readonly<Record<string, number>>

/** The smallest value that at least so many percent of all values reach; 0 without values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
}

/** Percent of the values for which the test holds, to one decimal. */
export function share<T>(values: readonly T[], test: (value: T) => boolean): number {
  return values.length === 0 ? 0 : Math.round((1000 * values.filter(test).length) / values.length) / 10
}
