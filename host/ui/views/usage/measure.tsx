/** Chooses what is shown of the counts: tasks, tokens or run time. */
import { count, duration } from '../../format/format.ts'
import type { Sums, UsageRow } from '../../format/usage-sums.ts'
import { Duration } from '../../parts/moments.tsx'

/** The measures that can be shown. */
export const measures = ['tasks', 'tokens', 'run'] as const
export type Measure = (typeof measures)[number]

/** Returns the ways of work in the order of the page; own work is left out where there is none. */
export function waysOf(rows: readonly UsageRow[]): readonly UsageRow['way'][] {
  const hasOwn = rows.some(({ way }) => way === 'own')
  return hasOwn ? ['given', 'received', 'own'] : ['given', 'received']
}

/** Returns the shown figure: a count, or milliseconds of run time. */
export function figureOf({ tasks, tokens_in, tokens_out, run_ms }: Sums, measure: Measure): number {
  if (measure === 'tasks') return tasks
  return measure === 'tokens' ? tokens_in + tokens_out : run_ms
}

/** Returns a figure as people read it. */
export function figureText(figure: number, measure: Measure): string {
  return measure === 'run' ? duration(figure) : count(figure)
}

/** Shows a figure; a run time is exact on hover. */
export function Figure({ sums, measure }: { sums: Sums; measure: Measure }) {
  const figure = figureOf(sums, measure)
  return measure === 'run' ? <Duration ms={figure} /> : count(figure)
}
