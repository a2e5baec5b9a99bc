/** Shows rows as a table, which becomes a list of cards on a narrow screen. */
import type { ComponentChildren } from 'preact'

/** A column of a table. */
export interface Column<T> {
  readonly head: string
  readonly cell: (row: T) => ComponentChildren
  /** Whether its figures are aligned on the right. */
  readonly figures?: boolean
}

interface TableProps<T> {
  /** Names the table for a screen reader. */
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  /** The row that is marked, by its key. */
  readonly marked?: string | null
}

/** Shows a table. The first column heads its row. */
export function Table<T>({ label, columns, rows, keyOf, marked = null }: TableProps<T>) {
  return (
    <table class="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ head, figures }) => (
            <th key={head} scope="col" class={figures ? 'figures' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} class={keyOf(row) === marked ? 'marked' : undefined}>
            {columns.map((column, at) => (
              <Cell key={column.head} column={column} row={row} isHead={at === 0} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface CellProps<T> {
  readonly column: Column<T>
  readonly row: T
  readonly isHead: boolean
}

function Cell<T>({ column, row, isHead }: CellProps<T>) {
  const name = column.figures ? 'figures' : undefined
  const content = column.cell(row)
  if (isHead)
    return (
      <th scope="row" class={name}>
        {content}
      </th>
    )
  return (
    <td class={name} data-head={column.head}>
      {content}
    </td>
  )
}
