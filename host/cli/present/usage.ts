/** Shows the use of machines on the terminal. */
import { list } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { short, span } from '../../operations/text.ts'
import { usage } from '../../operations/usage/shape.ts'

/** The presentation of the operation on use: newest day first. */
export const usagePresenter: Presenter = present(usage, {
  render: ({ rows, days }, screen) => {
    const table = list(
      [
        'DAY',
        'WAY',
        { head: 'PEER', least: 8 },
        { head: 'MODEL', least: 12 },
        'TASKS',
        { head: 'TOKENS IN', drop: 2 },
        { head: 'TOKENS OUT', drop: 1 },
        'RUN TIME',
      ],
      rows
        .toReversed()
        .map((row) => [
          row.day,
          row.way,
          row.way === 'own' ? 'this machine' : (row.name ?? short(row.peer)),
          row.model ?? short(row.sha256),
          ...[row.tasks, row.tokens_in, row.tokens_out].map(String),
          span(row.run_ms),
        ]),
      { none: `no work in ${days === 1 ? 'this UTC day' : `the last ${days} UTC days`}`, screen },
    )
    const sum = (way: string) =>
      rows.filter((row) => row.way === way).reduce((all, row) => all + row.tasks, 0)
    const sums = `tasks given: ${sum('given')}, received: ${sum('received')}, own: ${sum('own')}`
    return { ...table, notes: rows.length === 0 ? table.notes : [sums] }
  },
})
