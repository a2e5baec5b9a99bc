/** Lays out tables, and names with values, for the width of a screen. */
import stringWidth from 'string-width'
import { oneLine } from '../types/text/plain-text.ts'
import type { Screen } from './present.ts'

/** A column of a table. A plain text is its head; such a column is never cut or left out. */
export type Column = string | ColumnForm

/** The layout of a column on a screen that is too narrow for it. */
export interface ColumnForm {
  readonly head: string
  /** The cells that the column may be cut to. */
  readonly least?: number
  /** Whether the column holds ids, whose beginning is enough: they are cut first. */
  readonly id?: boolean
  /** The priority for leaving the column out; the highest number goes first. Without one the column stays. */
  readonly drop?: number
  /** Whether its text is broken into lines instead of being cut. Only the last column can be wrapped. */
  readonly wrap?: boolean
}

/** Cells between two columns. */
const GAP = 2
/** Least width of wrapped text, in cells; if the other columns leave less, the text gets lines of its own. */
const WRAP_LEAST = 24

/** A column with its width on the screen. */
interface Fitted extends ColumnForm {
  readonly at: number
  width: number
}

/**
 * Lays rows out in columns, two cells apart, each as wide as its widest cell. On a narrower screen ids are cut, then
 * columns left out, then cells cut. Text from a peer cannot break a cell's line.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width }: Pick<Screen, 'width'> = { width: Number.POSITIVE_INFINITY },
): string[] {
  const forms = columns.map((column) => (typeof column === 'string' ? { head: column } : column))
  const cells = [forms.map(({ head }) => head), ...rows.map((row) => row.map(oneLine))]
  const all = forms.map((form, at) => ({
    ...form,
    at,
    width: Math.max(...cells.map((row) => stringWidth(row[at] ?? ''))),
  }))
  const shown = fitted(all, width)
  return cells.flatMap((row) => layRow(shown, row, width)).map((line) => cut(line, width))
}

/** Returns the least width that a column needs. */
function leastOf({ width, least, wrap }: Fitted): number {
  return Math.min(width, wrap ? WRAP_LEAST : (least ?? width))
}

/** Chooses the columns and their widths. */
function fitted(all: readonly Fitted[], width: number): Fitted[] {
  let shown = [...all]
  const room = (needs: (column: Fitted) => number): number =>
    width - shown.reduce((sum, column) => sum + needs(column), GAP * (shown.length - 1))
  while (room(leastOf) < 0) {
    const next = shown
      .filter(({ drop }) => drop !== undefined)
      .sort((a, b) => (b.drop ?? 0) - (a.drop ?? 0))[0]
    if (!next) break
    shown = shown.filter((column) => column !== next)
  }
  const narrow = (which: (column: Fitted) => boolean): void => {
    for (let over = -room((column) => column.width); over > 0; over -= 1) {
      const able = shown.filter((column) => which(column) && column.width > leastOf(column))
      const widest = able.sort((a, b) => b.width - a.width)[0]
      if (!widest) return
      widest.width -= 1
    }
  }
  if (Number.isFinite(width)) {
    narrow(({ id }) => id === true)
    narrow(() => true)
  }
  return shown
}

function layRow(shown: readonly Fitted[], row: readonly string[], width: number): string[] {
  const wrapped = shown.find(({ wrap }) => wrap)
  const plain = shown.filter((column) => column !== wrapped)
  const line = plain.map((column) => cell(column, row[column.at] ?? '')).join(' '.repeat(GAP))
  if (!wrapped) return [line.trimEnd()]
  const text = row[wrapped.at] ?? ''
  const beside = width - stringWidth(line) - GAP
  if (beside < Math.min(WRAP_LEAST, wrapped.width))
    return [line.trimEnd(), ...wrap(text, width - GAP).map((part) => ' '.repeat(GAP) + part)]
  const indent = ' '.repeat(stringWidth(line))
  return wrap(text, beside).map((part, at) =>
    `${at === 0 ? line : indent}${' '.repeat(GAP)}${part}`.trimEnd(),
  )
}

function cell({ width }: Fitted, text: string): string {
  const short = cut(text, width)
  return short + ' '.repeat(Math.max(0, width - stringWidth(short)))
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Cuts a text to a width in cells, and marks the cut. */
export function cut(text: string, width: number, mark = '…'): string {
  if (stringWidth(text) <= width) return text
  const room = width - stringWidth(mark)
  let [kept, used] = ['', 0]
  for (const { segment } of letters.segment(text)) {
    used += stringWidth(segment)
    if (used > room) break
    kept += segment
  }
  return kept + mark
}

/** A space between two words, except between a number and its unit, such as `21 s`. */
const BREAK = / (?!(?<=\d )(?:ms|s|min|h|d|B|[KMGT]iB|%)(?!\w))/

/** Breaks a text into lines between words, and inside a word that is longer than a line. */
function wrap(text: string, width: number, breakWords = true): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(BREAK)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (stringWidth(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (breakWords && stringWidth(line) > width) {
      const part = cut(line, width, '')
      if (part === '') break
      lines.push(part)
      line = line.slice(part.length)
    }
  }
  return [...lines, line]
}

/** Lays out names and values, names padded. A long value is wrapped between words only, so that each word can be copied. */
export function fields(
  rows: ReadonlyArray<readonly [name: string, value: string]>,
  { width }: Pick<Screen, 'width'> = { width: Number.POSITIVE_INFINITY },
): string[] {
  const names = Math.max(...rows.map(([name]) => name.length))
  const beside = width - names - GAP
  return rows.flatMap(([name, value]) => {
    const lines = wrap(oneLine(value), Math.max(beside, WRAP_LEAST), false)
    const indent = ' '.repeat(names + GAP)
    return lines.map((line, at) => (at === 0 ? name.padEnd(names + GAP) : indent) + line)
  })
}

/** Breaks a sentence into lines of the screen. */
export function paragraph(text: string, { width }: Pick<Screen, 'width'>): string[] {
  return wrap(text, width)
}

/** Lays out a list as a table; an empty list as a note that says how to add to it. Other notes follow. */
export function list(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { none, screen, notes = [] }: { none: string; screen: Screen; notes?: readonly string[] },
): { lines: string[]; notes: string[] } {
  return rows.length === 0
    ? { lines: [], notes: [none, ...notes] }
    : { lines: table(columns, rows, screen), notes: [...notes] }
}
