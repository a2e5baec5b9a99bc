/** Writes a log file of bounded size. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log on disk that never grows past twice its bound: the part before the last rotation is kept as `<path>.1`. */
export class LogFile {
  readonly path: string
  readonly #maxBytes: number
  #descriptor: number | null = null
  #bytes = 0

  /** Sets the path and the bound of each of the two files, in bytes. The folder is made with the first write. */
  constructor(path: string, maxBytes: number) {
    this.path = path
    this.#maxBytes = maxBytes
  }

  /** Appends the text unchanged. On a full disk the text is lost, and the program that wrote it continues. */
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
