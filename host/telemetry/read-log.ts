/** Reads the newest lines of a log that is being written. */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileReason } from '../errors/file-reason.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { logLimits } from '../limits/log.ts'
import { isObject, type Json, parseJson } from '../types/json.ts'
import { type LogLevel, type LogLine, type LogPage, type LogQuery, logLevels } from '../types/log-page.ts'

/** The numbers that pino writes for the levels. */
const NUMBERS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 }

/** Fields of a line that are shown by themselves. */
const OWN = new Set(['level', 'time', 'msg', 'type'])

/** A place in the log, as its cursor names it. */
interface Place {
  /** Names the file; empty for a cursor that names none. */
  readonly id: string
  /** Bytes before it in that file. */
  readonly place: number
}

/** A part of the log that was read: its file and the bytes of its whole lines. */
interface Part {
  /** Names the file, also after a rotation. */
  readonly id: string
  readonly text: string
  /** The place after its last whole line, in bytes. */
  readonly end: number
}

/**
 * Returns the newest lines of a log and of its part before the last rotation, oldest first. With `follow`, it waits for a line
 * after the cursor, at most `log_follow_ms`. A cursor of a file that is gone counts as none. Rejects with the signal's reason,
 * and with `RIPPLE_FILE_UNREADABLE`.
 */
export async function readLog(
  path: string,
  least: LogLevel,
  query: LogQuery,
  signal: AbortSignal,
): Promise<LogPage> {
  const until = performance.now() + logLimits.log_follow_ms
  for (;;) {
    const page = await readOnce(path, least, query)
    const isDone = page.lines.length > 0 || !query.follow || query.after === null
    if (isDone || performance.now() >= until) return page
    await sleep(logLimits.log_look_ms, undefined, { signal })
  }
}

async function readOnce(path: string, least: LogLevel, { level, limit, after }: LogQuery): Promise<LogPage> {
  const parts = await partsAfter(path, after)
  const last = parts.at(-1)
  const cursor = last ? `${last.id}-${last.end}` : ''
  const found: LogLine[] = []
  for (const line of newestFirst(parts, NUMBERS[level])) {
    if (found.length === limit) return { lines: found.reverse(), cursor, more: true, least }
    found.push(line)
  }
  return { lines: found.reverse(), cursor, more: false, least }
}

/** Yields the lines from a level on, the newest first. */
function* newestFirst(parts: readonly Part[], lowest: number): Generator<LogLine> {
  for (const { text } of parts.toReversed())
    for (const line of text.split('\n').reverse()) {
      // Pino begins each line with its level, so that others need not be parsed.
      const number = Number(/^\{"level":(\d+),/.exec(line)?.[1] ?? 0)
      const parsed = number >= lowest ? parsedLine(line, number) : null
      if (parsed !== null) yield parsed
    }
}

/** Returns what was written after a cursor, oldest first. */
async function partsAfter(path: string, after: string | null): Promise<Part[]> {
  const [, id = '', place] = /^(\d+)-(\d+)$/.exec(after ?? '') ?? []
  const from = { id, place: Number(place) }
  const now = await readPart(path, from)
  if (now?.id === id) return [now]
  const before = await readPart(`${path}.1`, from)
  return [before, now].filter((part) => part !== null)
}

/** Reads the whole lines of a file after a place, if that is of this file; null without the file. */
async function readPart(path: string, from: Place): Promise<Part | null> {
  try {
    await using file = await open(path, 'r')
    const { ino, size } = await file.stat()
    const begin = from.id === String(ino) ? Math.min(from.place, size) : 0
    const bytes = await readFrom(file, begin, size - begin)
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
    return { id: String(ino), text: whole.toString('utf8'), end: begin + whole.length }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new RippleError(
      'RIPPLE_FILE_UNREADABLE',
      { file: path, detail: fileReason(thrown) },
      { cause: thrown },
    )
  }
}

async function readFrom(file: FileHandle, begin: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, begin)
  return bytes.subarray(0, bytesRead)
}

function parsedLine(text: string, number: number): LogLine | null {
  const line = parseJson(text)
  if (!isObject(line)) return null
  const { time, msg, type } = line
  const level = logLevels.findLast((one) => NUMBERS[one] <= number)
  if (level === undefined || typeof time !== 'number') return null
  const fields = Object.entries<Json>(line).filter(([name]) => !OWN.has(name))
  return {
    at: time,
    level,
    text: typeof msg === 'string' ? msg : '',
    event: typeof type === 'string' ? type : null,
    fields: Object.fromEntries(fields),
  }
}
