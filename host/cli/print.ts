/** Prints results, progress and errors to the terminal. */
import { styleText } from 'node:util'
import type { Env } from '../config/env.ts'
import { fileReason } from '../errors/file-reason.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { commandName, withCommand } from '../operations/command-name.ts'
import { cut } from '../operations/layout.ts'
import type { Rendered, Screen } from '../operations/present.ts'
import { oneLine, safeJson, sanitise } from '../types/text/plain-text.ts'

/** A view of the whole terminal, until it is disposed; the text before it is then there again. */
export interface LiveView extends Disposable {
  /** Replaces what is shown. Lines that do not fit are left out. */
  show(lines: readonly string[]): void
}

/** A printer for people and programs. Data goes to standard output, everything else to standard error. */
export interface Printer {
  /** The screen that answers are laid out for, in its size of this moment. */
  readonly screen: Screen
  /** Prints a verb's answer, without the text that its pieces have shown already. */
  answer(rendered: Rendered): void
  /** Takes the whole terminal; null if standard output is none. */
  view(): LiveView | null
  /** Prints one JSON document on one line of standard output. */
  json(value: unknown): void
  /** Prints progress or a remark. */
  note(line: string): void
  /**
   * Shows on a terminal the reason for waiting, until the next output replaces it. Without a terminal, or within a line, it is
   * printed only after `SILENCE_MS` without output.
   */
  live(text: string): void
  /** Shows a person a piece of the answer as it comes. A program gets only the whole answer. */
  piece(text: string): void
  /** Prints a piece of the data, without a line break. */
  data(text: string): void
  /** Prints an error, its code and its hint; in JSON mode as a document on standard output. */
  error(error: RippleError, json: boolean): void
}

/** Longest silence of a waiting command without a terminal, in milliseconds. With a terminal it shows the wait every second. */
const SILENCE_MS = 7_000
/** Columns of a terminal that does not report its width. */
const COLUMNS = 80
/** A line feed, as a byte. */
const NEWLINE = 10
/** Rows of a terminal that does not report its height. */
const ROWS = 24
const CLEAR_LINE = '\r\u001b[2K'

/** The streams that a printer writes to. */
export interface Terminal {
  readonly out: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number }
  readonly err: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  readonly colour: 'always' | 'never' | 'auto'
  /** Width that the environment sets, in cells; null: the terminal's own. */
  readonly columns?: number | null
  /** Returns the words by which this command line is started here. */
  readonly command?: () => string
  /** Gets the exit code of a command whose output could not be written. */
  readonly onLost?: (exit: number) => void
}

/** Makes the printer of this process's terminal. */
export function terminalPrinter({
  colour,
  columns,
  path,
}: Pick<Env, 'colour' | 'columns' | 'path'>): Printer {
  const command = (): string => commandName(path, process.cwd())
  const onLost = (exit: number): void => {
    process.exitCode ||= exit
  }
  return printer({ out: process.stdout, err: process.stderr, colour, columns, command, onLost })
}

function screenOf({ out, columns, command = () => 'ripple' }: Terminal): Screen {
  // A terminal of no columns is one that does not know its size.
  const width = columns ?? ((out.isTTY && out.columns) || undefined) ?? Number.POSITIVE_INFINITY
  return { width, now: Number.isFinite(width) ? Date.now() : null, command }
}

/**
 * Ignores a reader that has gone, such as `head`, and reports other failures of the output, such as a full disk. It does not end
 * the process, because a daemon must shut down in order.
 */
function watchOutput({ out, err, onLost = () => {} }: Terminal): void {
  let isTold = false
  const lost = (thrown: NodeJS.ErrnoException): void => {
    if (thrown.code === 'EPIPE') return
    const facts = { file: 'standard output', detail: fileReason(thrown) }
    const error = new RippleError('RIPPLE_FILE_UNWRITABLE', facts, { cause: thrown })
    onLost(error.exit)
    if (!isTold) err.write(`error: ${error.message} [${error.code}]\n`)
    isTold = true
  }
  out.on('error', lost)
  err.on('error', (thrown: NodeJS.ErrnoException) => {
    // Standard error cannot be written any more.
    isTold = true
    lost(thrown)
  })
}

/** Returns a function that colours a text where standard error is to have colours. */
function painter({ colour, err }: Terminal): (style: 'red' | 'cyan' | 'dim', text: string) => string {
  const isColoured = colour === 'always' || (colour === 'auto' && err.isTTY === true)
  return (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text)
}

/** Makes the printer. */
export function printer(terminal: Terminal): Printer {
  const { out, err } = terminal
  watchOutput(terminal)
  let printedAt = performance.now()
  let isLive = false
  let midLine = false
  const write = (stream: Terminal['out'], data: string | Uint8Array): void => {
    if (isLive) err.write(CLEAR_LINE)
    isLive = false
    if (data.length > 0) stream.write(data)
    printedAt = performance.now()
    if (data.length > 0) midLine = data.at(-1) !== '\n' && data.at(-1) !== NEWLINE
  }
  // Another program gets the exact bytes, and a person's terminal the harmless form.
  const shown = (stream: Terminal['out'], text: string): string => (stream.isTTY ? sanitise(text) : text)
  const line = (stream: Terminal['out'], text: string): void => write(stream, `${shown(stream, text)}\n`)
  const paint = painter(terminal)
  const told = (text: string) =>
    text.includes('ripple ') ? withCommand(text, screenOf(terminal).command()) : text
  /** The shown text of an answer that comes in pieces. */
  let pieces = ''
  const endPieces = (): void => {
    if (pieces !== '' && midLine) write(out, '\n')
  }
  /** Returns the remaining lines: all, unless the answer begins with the pieces. */
  const left = (lines: readonly string[]): readonly string[] => {
    const whole = lines.join('\n')
    const isBegun = pieces !== '' && whole.startsWith(pieces)
    if (isBegun) write(out, sanitise(whole.slice(pieces.length)))
    endPieces()
    pieces = ''
    return isBegun ? [] : lines
  }
  return {
    get screen() {
      return screenOf(terminal)
    },
    view: () => (out.isTTY ? liveView(out) : null),
    answer: ({ lines, bytes, notes }) => {
      if (bytes) write(out, out.isTTY ? `${sanitise(Buffer.from(bytes).toString('utf8'))}\n` : bytes)
      for (const text of left(lines)) line(out, text)
      for (const text of notes ?? []) write(err, `${paint('dim', shown(err, told(text)))}\n`)
    },
    json: (value) => write(out, `${safeJson(value)}\n`),
    note: (text) => {
      endPieces()
      line(err, told(text))
    },
    live: (text) => {
      if (!err.isTTY || midLine) {
        if (performance.now() - printedAt >= SILENCE_MS) line(err, `${midLine ? '\n' : ''}${text}`)
        return
      }
      err.write(`${CLEAR_LINE}${cut(shown(err, text), (err.columns ?? COLUMNS) - 1)}`)
      isLive = true
    },
    piece: (text) => {
      if (!out.isTTY || text === '') return
      pieces += text
      write(out, sanitise(text))
    },
    data: (text) => write(out, shown(out, text)),
    error: (error, json) => {
      const hint = told(error.hint)
      if (json) return write(out, `${safeJson({ error: { ...error.toJSON().error, hint } })}\n`)
      endPieces()
      write(err, `${paint('red', 'error:')} ${oneLine(error.message)} [${error.code}]\n`)
      write(err, `${paint('cyan', 'hint:')} ${oneLine(hint)}\n`)
    },
  }
}

/** Takes the second screen of a terminal, without a cursor. Each view is written at once, so that nothing flickers. */
function liveView(out: Terminal['out']): LiveView {
  out.write('\u001b[?1049h\u001b[?25l')
  return {
    show: (lines) => {
      const shown = lines.slice(0, (out.rows || ROWS) - 1)
      out.write(`\u001b[H${shown.map((text) => `${sanitise(text)}\u001b[K\n`).join('')}\u001b[J`)
    },
    [Symbol.dispose]: () => void out.write('\u001b[?25h\u001b[?1049l'),
  }
}
