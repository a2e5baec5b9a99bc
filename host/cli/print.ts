import { styleText } from 'node:util'
import type { RippleError } from '../errors/ripple-error.ts'
import type { Rendered } from '../operations/operation.ts'

/** The terminal. Data goes to standard output, everything else to standard error. */
export interface Printer {
  /** Prints a verb's answer. */
  answer(rendered: Rendered): void
  /** Prints one JSON document on one line of standard output. */
  json(value: unknown): void
  /** Prints progress or a remark. */
  note(line: string): void
  /**
   * Shows on a terminal what is being waited for; whatever is printed next takes its place. Without a terminal, or in mid-line, it
   * is printed once nothing was for a while.
   */
  live(text: string): void
  /** Prints a piece of an answer as it comes, without a line break, as progress. */
  piece(text: string): void
  /** Prints a piece of the data, without a line break. */
  data(text: string): void
  /** Prints an error, its code and its hint; in JSON mode as the document on standard output. */
  error(error: RippleError, json: boolean): void
}

/** Longest silence of a command that waits and shows it once a second, where there is no terminal, in milliseconds. */
const SILENCE_MS = 8_000
/** Columns of a terminal that does not say how wide it is. */
const COLUMNS = 80
/** A line feed, as a byte. */
const NEWLINE = 10
const CLEAR_LINE = '\r\u001b[2K'

/** The streams that a printer writes to. */
export interface Terminal {
  readonly out: NodeJS.WritableStream & { isTTY?: boolean }
  readonly err: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  readonly colour: 'always' | 'never' | 'auto'
}

/**
 * What peers and models say may hold sequences that drive a terminal, or marks that turn the reading direction round.
 * They are shown as their code points: C0 and C1 controls but tab and line feed, bidirectional marks, line separators,
 * and the tag characters that hide text.
 */
export function sanitise(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** Makes the printer. */
export function printer(terminal: Terminal): Printer {
  const { out, err } = terminal
  // A reader that has gone, such as `head`, is no error of the command's. It ends by itself: a daemon must unwind.
  for (const stream of [out, err])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  let printedAt = performance.now()
  let isLive = false
  let midLine = false
  const write = (stream: Terminal['out'], data: string | Uint8Array): void => {
    if (isLive) err.write(CLEAR_LINE)
    isLive = false
    stream.write(data)
    printedAt = performance.now()
    if (data.length > 0) midLine = data.at(-1) !== '\n' && data.at(-1) !== NEWLINE
  }
  // Whole bytes are kept where another program reads them; a person's terminal gets the harmless form.
  const shown = (stream: Terminal['out'], text: string): string => (stream.isTTY ? sanitise(text) : text)
  const line = (stream: Terminal['out'], text: string): void => write(stream, `${shown(stream, text)}\n`)
  const coloured = terminal.colour === 'always' || (terminal.colour === 'auto' && err.isTTY === true)
  const paint = (style: 'red' | 'cyan' | 'dim', text: string): string =>
    coloured ? styleText(style, text, { validateStream: false }) : text
  return {
    answer: ({ lines, bytes, notes }) => {
      if (bytes) write(out, out.isTTY ? `${sanitise(Buffer.from(bytes).toString('utf8'))}\n` : bytes)
      for (const text of lines) line(out, text)
      for (const text of notes ?? []) write(err, `${paint('dim', shown(err, text))}\n`)
    },
    json: (value) => write(out, `${JSON.stringify(value)}\n`),
    note: (text) => line(err, text),
    live: (text) => {
      if (!err.isTTY || midLine) {
        if (performance.now() - printedAt >= SILENCE_MS) line(err, `${midLine ? '\n' : ''}${text}`)
        return
      }
      const width = (err.columns ?? COLUMNS) - 1
      err.write(`${CLEAR_LINE}${shown(err, text).slice(0, width)}`)
      isLive = true
    },
    piece: (text) => write(err, shown(err, text)),
    data: (text) => write(out, shown(out, text)),
    error: (error, json) => {
      if (json) return write(out, `${JSON.stringify(error.toJSON())}\n`)
      write(err, `${paint('red', 'error:')} ${shown(err, error.message)} [${error.code}]\n`)
      write(err, `${paint('cyan', 'hint:')} ${shown(err, error.hint)}\n`)
    },
  }
}
