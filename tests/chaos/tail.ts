import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { AgentKey, Millis } from '../../host/types/events.ts'
import type { Disturbance, HistoryLine } from '../harness/checker/history.ts'

/** Most bytes that are read at a time. */
const CHUNK_BYTES = 1 << 20

/** A line that nobody can read, and when the whole lines around it were written. */
export interface TornLine {
  readonly after: Millis
  /** Infinite while none has come since. */
  before: Millis
}

/** Reads a daemon's history as it grows, also across the turn of its file. */
export class Tail implements Disposable {
  readonly #path: string
  #descriptor: number | null = null
  #rest = ''
  #lastAt: Millis = 0
  /** Lines that a full disk or a kill has torn; anything else is a defect. */
  readonly torn: TornLine[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** Reads the lines since the last read. */
  read(): HistoryLine[] {
    if (this.#descriptor === null && existsSync(this.#path)) this.#descriptor = openSync(this.#path, 'r')
    if (this.#descriptor === null) return []
    const events = this.#readOn(this.#descriptor)
    if (!this.#turned(this.#descriptor)) return events
    events.push(...this.#readOn(this.#descriptor))
    this[Symbol.dispose]()
    return [...events, ...this.read()]
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }

  #turned(descriptor: number): boolean {
    return existsSync(this.#path) && statSync(this.#path).ino !== fstatSync(descriptor).ino
  }

  #whole({ at }: HistoryLine): void {
    this.#lastAt = at
    for (const one of this.torn) one.before = Math.min(one.before, at)
  }

  #readOn(descriptor: number): HistoryLine[] {
    const bytes = Buffer.alloc(CHUNK_BYTES)
    const events: HistoryLine[] = []
    for (;;) {
      const length = readSync(descriptor, bytes, 0, CHUNK_BYTES, null)
      if (length === 0) return events
      const lines = (this.#rest + bytes.toString('utf8', 0, length)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) {
        const event = parsed(line)
        if (event) {
          this.#whole(event)
          events.push(event)
        } else this.torn.push({ after: this.#lastAt, before: Number.POSITIVE_INFINITY })
      }
    }
  }
}

/** Torn lines that no kill and no full disk of their machine explains. */
export function unexplained(
  torn: readonly TornLine[],
  agent: AgentKey,
  disturbances: readonly Disturbance[],
): TornLine[] {
  const causes = disturbances.filter(
    ({ kind, agents }) => (kind === 'kill' || kind === 'disk_full') && agents.includes(agent),
  )
  return torn.filter(({ after, before }) => !causes.some(({ from, to }) => from <= before && to >= after))
}

function parsed(line: string): HistoryLine | null {
  try {
    return JSON.parse(line) as HistoryLine
  } catch {
    return null
  }
}
