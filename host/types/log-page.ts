/** Defines lines of the daemon's log, and the choice of them. */
import type { Json } from './json.ts'

/** The levels of a log's lines, from the least. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const

/** The level of a line. */
export type LogLevel = (typeof logLevels)[number]

/** A line of the log. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly level: LogLevel
  /** Its sentence. */
  readonly text: string
  /** The name of its event; null for another line. */
  readonly event: string | null
  /** Its other fields. */
  readonly fields: Readonly<Record<string, Json>>
}

/** A choice of lines. */
export interface LogQuery {
  /** The least level. */
  readonly level: LogLevel
  /** The most lines: the newest count. */
  readonly limit: number
  /** The place after which lines are new; null for the whole log. */
  readonly after: string | null
  /** Whether to wait for a line if there is none. */
  readonly follow: boolean
}

/** Lines of the log. */
export interface LogPage {
  /** Oldest first. */
  readonly lines: readonly LogLine[]
  /** The place after the last line that was read. */
  readonly cursor: string
  /** Whether older lines of the choice were left out. */
  readonly more: boolean
  /** The least level that the log has. */
  readonly least: LogLevel
}

/** The least level of the lines that are written. */
export interface LogLevelSwitch {
  now(): LogLevel
  /** Changes it until the daemon ends, and returns the level before. */
  change(level: LogLevel): LogLevel
}
