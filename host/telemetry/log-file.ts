import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log on disk that never grows past twice its bound: the part before the last turn is kept as `<path>.1`. */
export class LogFile {
  readonly path: string
  readonly #maxBytes: number
  #descriptor: number | null = null
  #bytes = 0

  /** `maxBytes` bounds each of the two files. The folder is made when the first line comes. */
  constructor(path: string, maxBytes: number) {
    this.path = path
    this.#maxBytes = maxBytes
  }

  /** Appends as it is. A full disk loses the text rather than the program that wrote it. */
  write(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    try {
      if (this.#bytes + bytes.length > this.#maxBytes) this.#turn()
      writeSync(this.#open(), bytes)
      this.#bytes += bytes.length
    } catch {
      this.close()
    }
  }

  /** Closes the file; the next `write` opens it again. */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }

  #open(): number {
    if (this.#descriptor !== null) return this.#descriptor
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    this.#descriptor = openSync(this.path, 'a', 0o600)
    this.#bytes = fstatSync(this.#descriptor).size
    return this.#descriptor
  }

  #turn(): void {
    this.#open()
    this.close()
    renameSync(this.path, `${this.path}.1`)
    this.#bytes = 0
  }
}
