/** Sums the counts of use, by day, machine and class. */
import type { AnswerOf } from '../daemon/call.ts'

/** The counts of one day, way, peer and class. */
export type UsageRow = AnswerOf<'usage'>['rows'][number]

/** The counts that are summed. */
export interface Sums {
  readonly tasks: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly run_ms: number
}

/** The ways of work, each with its sums. */
export type ByWay = Readonly<Record<UsageRow['way'], Sums>>

/** Returns the sums of rows. */
export function sumsOf(rows: readonly UsageRow[]): Sums {
  const sum = (field: keyof Sums) => rows.reduce((all, row) => all + row[field], 0)
  return {
    tasks: sum('tasks'),
    tokens_in: sum('tokens_in'),
    tokens_out: sum('tokens_out'),
    run_ms: sum('run_ms'),
  }
}

/** Returns the sums of rows for each way. */
export function byWay(rows: readonly UsageRow[]): ByWay {
  const of = (way: UsageRow['way']) => sumsOf(rows.filter((row) => row.way === way))
  return { given: of('given'), received: of('received'), own: of('own') }
}

/** Returns the sums by way of the rows that share what `of` returns, those with the most tasks first. */
export function groupedBy(
  rows: readonly UsageRow[],
  of: (row: UsageRow) => string,
): readonly { readonly of: string; readonly newest: UsageRow; readonly sums: ByWay }[] {
  return [...Map.groupBy(rows, of)]
    .flatMap(([key, some]) => {
      // The newest row has the name that is used now.
      const newest = some.at(-1)
      return newest ? [{ of: key, newest, sums: byWay(some) }] : []
    })
    .sort((a, b) => tasksOf(b.sums) - tasksOf(a.sums))
}

function tasksOf({ given, received, own }: ByWay): number {
  return given.tasks + received.tasks + own.tasks
}

/** Returns all days up to `today`, oldest first, each with its sums; a day without work has zeros. */
export function daysOf(
  rows: readonly UsageRow[],
  today: string,
  days: number,
): readonly { readonly day: string; readonly at: number; readonly sums: ByWay }[] {
  const last = Date.parse(today)
  const of = Map.groupBy(rows, ({ day }) => day)
  return Array.from({ length: days }, (_, place) => {
    const at = last - (days - 1 - place) * DAY_MS
    const day = new Date(at).toISOString().slice(0, 10)
    return { day, at, sums: byWay(of.get(day) ?? []) }
  })
}

const DAY_MS = 86_400_000
