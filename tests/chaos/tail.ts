import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { HistoryEvent } from '../../host/telemetry/history.ts'

/** Most bytes that are read at a time. */
const CHUNK_BYTES = 1 << 20

/** Reads a daemon's history as it grows, also across the turn of its file. */
export class Tail implements Disposable {
  readonly #path: string
  #descriptor: number | null = null
  #rest = ''
  /** Lines that a full disk or a kill has torn. */
  torn = 0

  constructor(path: string) {
    this.#path = path
  }

  /** What was written since the last read. */
  read(): HistoryEvent[] {
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

  #readOn(descriptor: number): HistoryEvent[] {
    const bytes = Buffer.alloc(CHUNK_BYTES)
    const events: HistoryEvent[] = []
    for (;;) {
      const length = readSync(descriptor, bytes, 0, CHUNK_BYTES, null)
      if (length === 0) return events
      const lines = (this.#rest + bytes.toString('utf8', 0, length)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) {
        const event = parsed(line)
        if (event) events.push(event)
        else this.torn += 1
      }
    }
  }
}

function parsed(line: string): HistoryEvent | null {
  try {
    return JSON.parse(line) as HistoryEvent
  } catch {
    return null
  }
}
