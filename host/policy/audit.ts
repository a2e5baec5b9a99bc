/** Writes decisions to the audit file. */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { policyLimits } from '../limits/policy.ts'
import { type DecisionLine, fromText, segmentName, segmentNumber, toText } from './audit-lines.ts'

/** The bounds of an audit file. */
export interface AuditBounds {
  readonly audit_segment_bytes: number
  readonly audit_segments_max: number
  readonly audit_sync_ms: number
}

/** The ports of the audit file. */
export interface AuditNeeds {
  /** The folder of its segments; it is created if it is missing. */
  readonly folder: string
  now(): number
  /** Receives errors for which no caller waits. */
  trouble(error: RippleError): void
  readonly bounds?: AuditBounds
}

interface Waiting {
  readonly text: string
  readonly resolve: () => void
  readonly reject: (error: RippleError) => void
}

/**
 * Appends decisions to segments of a bounded size, and changes no line. Each segment's first line has the digest of the
 * whole previous segment, which reveals later changes and removals. The oldest segments are removed when there are too many.
 *
 * A line is with the operating system when `append` resolves, and so outlives the process. It is on the disk `audit_sync_ms`
 * later, or at once when its segment or the daemon ends. A power cut can take the decisions of that time.
 */
export class AuditFile implements AsyncDisposable {
  readonly #needs: AuditNeeds
  readonly #bounds: AuditBounds
  readonly #waiting: Waiting[] = []
  #file: FileHandle | null = null
  #number = 0
  #bytes = 0
  /** Whether the last line may have been cut off. */
  #torn = false
  #busy = false
  #writing: Promise<void> = Promise.resolve()
  #sync: NodeJS.Timeout | null = null

  constructor(needs: AuditNeeds) {
    this.#needs = needs
    this.#bounds = needs.bounds ?? policyLimits
  }

  get folder(): string {
    return this.#needs.folder
  }

  /** Stores a decision. Rejects with `RIPPLE_DISK_FULL`, `RIPPLE_FILE_UNWRITABLE`, and other errors of the disk. */
  append(line: DecisionLine): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text: toText(line), resolve, reject })
      if (!this.#busy) this.#writing = this.#drain()
    })
  }

  /** Returns the decisions in the last `most` lines of the newest segment, oldest first. */
  async last(most: number): Promise<DecisionLine[]> {
    const newest = (await this.#segments()).at(-1)
    if (newest === undefined) return []
    const texts = (await readFile(this.#path(newest), 'utf8')).split('\n').filter((text) => text !== '')
    return texts.slice(-most).flatMap((text) => {
      const line = fromText(text)
      return line?.type === 'decision' ? [line] : []
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#close().catch((thrown: unknown) => this.#needs.trouble(toRippleError(thrown)))
  }

  /** Writes the queue in batches. Lines that arrive during a batch go with the next one. */
  async #drain(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      try {
        await this.#write(batch.map(({ text }) => text).join(''))
        for (const { resolve } of batch) resolve()
      } catch (thrown) {
        this.#torn = true
        const error = toRippleError(thrown)
        for (const { reject } of batch) reject(error)
      }
    }
    // In the same turn as the last look at the queue, so that a later line starts a new drain.
    this.#busy = false
  }

  async #write(text: string): Promise<void> {
    const file = await this.#ready(Buffer.byteLength(text))
    // The line break ends a line that was cut off. If that line was whole, it leaves an empty line, which readers skip.
    const mended = this.#torn ? `\n${toText({ type: 'torn', at: this.#needs.now() })}${text}` : text
    await file.appendFile(mended)
    this.#torn = false
    this.#bytes += Buffer.byteLength(mended)
    this.#syncSoon()
  }

  /** Returns the newest segment, opened, with room for this many bytes. */
  async #ready(bytes: number): Promise<FileHandle> {
    if (this.#file === null) await this.#openNewest()
    if (this.#file === null || this.#bytes + bytes > this.#bounds.audit_segment_bytes) await this.#turn()
    if (this.#file === null) throw new RippleError('RIPPLE_INTERNAL', { detail: 'no segment is open' })
    return this.#file
  }

  async #openNewest(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    const newest = (await this.#segments()).at(-1)
    if (newest === undefined) return
    const path = this.#path(newest)
    const end = (await readFile(path)).at(-1)
    this.#file = await open(path, 'a', 0o600)
    this.#number = newest
    this.#bytes = (await this.#file.stat()).size
    this.#torn = end !== 0x0a
  }

  /** Ends the newest segment and begins the next. */
  async #turn(): Promise<void> {
    const before = this.#number === 0 ? null : this.#path(this.#number)
    await this.#close()
    const digest = before === null ? null : sha256Hex(await readFile(before))
    const number = this.#number + 1
    const first = toText({ type: 'segment', number, before: digest, at: this.#needs.now() })
    const path = this.#path(number)
    // Under its final name the file has its first line, or does not exist.
    await writeFile(`${path}.new`, first, { mode: 0o600 })
    await rename(`${path}.new`, path)
    this.#file = await open(path, 'a')
    this.#number = number
    this.#torn = false
    this.#bytes = Buffer.byteLength(first)
    await this.#forgetOldest()
  }

  async #forgetOldest(): Promise<void> {
    const segments = await this.#segments()
    for (const number of segments.slice(0, -this.#bounds.audit_segments_max)) await rm(this.#path(number))
  }

  #syncSoon(): void {
    this.#sync ??= setTimeout(() => {
      this.#sync = null
      this.#file?.datasync().catch((thrown: unknown) => this.#needs.trouble(toRippleError(thrown)))
    }, this.#bounds.audit_sync_ms).unref()
  }

  async #close(): Promise<void> {
    if (this.#sync) clearTimeout(this.#sync)
    this.#sync = null
    const file = this.#file
    this.#file = null
    try {
      await file?.datasync()
    } finally {
      await file?.close()
    }
  }

  async #segments(): Promise<number[]> {
    return segmentsIn(this.folder)
  }

  #path(number: number): string {
    return join(this.folder, segmentName(number))
  }
}

/** Returns the numbers of the segments in a folder, oldest first. */
export async function segmentsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return []
    throw thrown
  })
  return names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b)
}
