/** Prints sections of figures as one table. */
import type { Row } from './measure.ts'

/** A table of sections; a cell with a target reads like `22 <= 25` or `61 > 25`. */
export function table(sections: Readonly<Record<string, readonly Row[]>>): string {
  const names = Object.entries(sections).flatMap(([title, rows]) => [title, ...rows.map(({ what }) => what)])
  const width = Math.max(...names.map((name) => name.length))
  return Object.entries(sections)
    .map(([title, rows]) => section(title, rows, width))
    .join('\n\n')
}

function section(title: string, rows: readonly Row[], width: number): string {
  const columns = [...new Set(rows.flatMap(({ now }) => Object.keys(now)))]
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row, column)))]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line, at) => {
      const name = (at === 0 ? title.toUpperCase() : (rows[at - 1]?.what ?? '')).padEnd(width)
      return `${name}  ${line.map((text, column) => text.padStart(widths[column] ?? 0)).join('  ')}`.trimEnd()
    })
    .join('\n')
}

function cell({ now, most }: Row, column: string): string {
  const value = now[column]
  if (value === undefined) return ''
  const text = column.startsWith('%') ? value.toFixed(1) : value.toLocaleString('en')
  const target = most[column]
  return target === undefined ? text : `${text} ${value > target ? '>' : '<='} ${target}`
}
