/** Describes what a scenario has measured, and prints it. */
import { median, round } from '../bench/compare.ts'

/** One figure of a scenario. */
export interface Figure {
  readonly what: string
  /** The unit of the values; empty for a ratio. */
  readonly unit: string
  /** The value of each run; null where it did not come before the scenario gave up. */
  readonly values: readonly (number | null)[]
  /** The bound of every value; null for a figure that is only stated. */
  readonly bound: { readonly most: number } | { readonly least: number } | null
}

/** The figures of a scenario, or why it could not go on. */
export interface Outcome {
  readonly scenario: string
  readonly figures: readonly Figure[]
  readonly failed: string | null
}

/** Whether every value is there and within the bound. */
export function isKept({ values, bound }: Figure): boolean {
  return values.every((value) => {
    if (value === null) return false
    if (bound === null) return true
    return 'most' in bound ? value <= bound.most : value >= bound.least
  })
}

/** Names the figures that broke their bound and the scenarios that could not go on. */
export function brokenIn(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ scenario, figures, failed }) => [
    ...(failed === null ? [] : [`${scenario}: ${failed}`]),
    ...figures
      .filter((figure) => !isKept(figure))
      .map(({ what, values }) => `${scenario}: ${what}: ${values.join(', ')}`),
  ])
}

/** Lays the figures out as a table in Markdown. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ scenario, figures }) => figures.map((figure) => rowOf(scenario, figure)))
  const all = [['scenario', 'figure', 'runs', 'median', 'worst', 'bound', 'kept'], ...rows]
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(all[0] ?? []), rule, ...rows.map(line)].join('\n')
}

function rowOf(scenario: string, figure: Figure): string[] {
  const { what, unit, values, bound } = figure
  const said = (value: number) => `${round(value, 2)}${unit === '' ? '' : ` ${unit}`}`
  const there = values.filter((value) => value !== null)
  const worst = bound !== null && 'least' in bound ? Math.min(...there) : Math.max(...there)
  const missed = there.length < values.length ? `${values.length - there.length} never` : null
  return [
    scenario,
    what,
    String(values.length),
    there.length === 0 ? '' : said(median(there)),
    missed ?? said(worst),
    bound === null ? '' : 'most' in bound ? `at most ${said(bound.most)}` : `at least ${said(bound.least)}`,
    bound === null && missed === null ? '' : isKept(figure) ? 'yes' : 'NO',
  ]
}
