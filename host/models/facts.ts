/** Computes and remembers the checksums and heads of a folder's files. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { orAborted } from '../types/or-aborted.ts'
import { corrupt, unread } from './inspect.ts'
import { ggufHead, HEAD_READER } from './inspect-words.ts'
import { SmallFirst } from './small-first.ts'

/** The file that holds the facts of a folder's files. */
const FACTS_FILE = '.facts.json'

const factsSchema = z.strictObject({
  bytes: z.number().int().nonnegative(),
  /**
   * Time of the file's last change, in milliseconds since 1970. The other facts hold while this time and the size stay the
   * same.
   */
  mtime_ms: z.number(),
  sha256: z.string(),
  /** The content of its head, or the reason why it cannot be read; null while it has not been inspected. */
  head: ggufHead.nullable().default(null),
})
/** Facts as they are stored, with the reader of the head. A head that another reader read counts as not inspected. */
const noteSchema = factsSchema
  .extend({ reader: z.string().default('') })
  .transform(({ reader, head, ...facts }) => ({ ...facts, head: reader === HEAD_READER ? head : null }))
const folderSchema = z.record(z.string(), noteSchema)

/** The known facts about a file's content. */
export type FileFacts = z.output<typeof factsSchema>

/** A file that is being read, and the controller that stops the reading. */
interface Reading {
  readonly name: string
  readonly facts: Promise<FileFacts>
  readonly stop: AbortController
}

/** Returns the sha256 of a file's bytes, lower-case hex. Rejects with the file system's error, and with the signal's reason. */
export async function sha256OfFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  return hash.digest('hex')
}

/**
 * The checksums and heads of a folder's files. They are remembered by size and time of change, so that gigabytes are read
 * once and not at every start. Anybody who can write to the folder can forge them, and the models too.
 */
export class FolderFacts {
  readonly #dir: string
  readonly #life: AbortSignal
  readonly #sha256Of: typeof sha256OfFile
  /** Facts that this process found, so that a file is not read twice where notes cannot be written. */
  readonly #found = new Map<string, FileFacts>()
  readonly #reading = new Map<string, Reading>()
  /** Readings run one at a time, because a disk reads one large file faster than two at a time. */
  readonly #turns = new SmallFirst()
  #writing: Promise<void> = Promise.resolve()

  /** `life` bounds the reading of a file, which continues when the callers have stopped waiting. */
  constructor(dir: string, life: AbortSignal, sha256Of = sha256OfFile) {
    this.#dir = dir
    this.#life = life
    this.#sha256Of = sha256Of
  }

  /**
   * Returns the facts of one file of the folder, and reads the file again when it has changed. All callers that ask for a
   * file at the same time share one reading, and files are read one at a time. Rejects with `RIPPLE_MODEL_MISSING`, and with
   * `RIPPLE_MODEL_CORRUPT` where it is not a regular file. Rejects with `RIPPLE_MODEL_UNREAD` where it changes during the
   * reading and is asked for again. Also rejects with the file system's error, and with the reason of the caller's own
   * signal, after which the reading continues.
   */
  async of(name: string, signal: AbortSignal): Promise<FileFacts> {
    try {
      return await this.#of(name, signal)
    } catch (thrown) {
      throw (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? gone(name) : thrown
    }
  }

  async #of(name: string, signal: AbortSignal): Promise<FileFacts> {
    const there = await stat(this.#path(name))
    // A pipe would be read for ever, and would block all other files.
    if (!there.isFile()) throw corrupt(this.#path(name), 'it is not a regular file')
    const { size, mtimeMs } = there
    const known = await this.#known(name, { bytes: size, mtime_ms: mtimeMs })
    if (known !== undefined) return known
    const key = `${name} ${size} ${mtimeMs}`
    const running = this.#reading.get(key)
    if (running !== undefined) return orAborted(running.facts, signal)
    // Otherwise a file that is still being written would be read each time it is looked at.
    this.#stop(name, unread(this.#path(name), 'it changes while it is read'))
    const stop = new AbortController()
    const facts = this.#look(name, { bytes: size, mtime_ms: mtimeMs }, stop.signal).finally(() =>
      this.#reading.delete(key),
    )
    this.#reading.set(key, { name, facts, stop })
    return orAborted(facts, signal)
  }

  /**
   * Stops the reading of a file that is being removed, because its disk space is freed only then. Its callers get
   * `RIPPLE_MODEL_MISSING`.
   */
  forget(name: string): void {
    this.#stop(name, gone(name))
    this.#found.delete(name)
  }

  #stop(name: string, why: RippleError): void {
    for (const reading of this.#reading.values()) if (reading.name === name) reading.stop.abort(why)
  }

  /** Resolves when the reading of all current files has ended or failed. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#reading.values()].map(({ facts }) => facts))
  }

  /** Remembers the head of a file for as long as the file keeps the size and time in `facts`. */
  keep(name: string, facts: FileFacts): Promise<void> {
    this.#found.set(name, facts)
    // Each write includes what the writes before it have stored.
    this.#writing = this.#writing.then(async () => this.#write({ ...(await this.#read()), [name]: facts }))
    return this.#writing
  }

  async #look(
    name: string,
    as: Pick<FileFacts, 'bytes' | 'mtime_ms'>,
    stop: AbortSignal,
  ): Promise<FileFacts> {
    const life = AbortSignal.any([this.#life, stop])
    const read = (): Promise<string> => this.#sha256Of(this.#path(name), life)
    const sha256 = await this.#turns.take(as.bytes, read, life)
    // Another process may have noted it meanwhile, with its head.
    const known = await this.#known(name, as)
    if (known !== undefined) return known
    const facts = { ...as, sha256, head: null }
    await this.keep(name, facts)
    return facts
  }

  async #known(name: string, as: Pick<FileFacts, 'bytes' | 'mtime_ms'>): Promise<FileFacts | undefined> {
    const noted = (await this.#read())[name]
    return [this.#found.get(name), noted].find(
      (facts) => facts?.bytes === as.bytes && facts.mtime_ms === as.mtime_ms,
    )
  }

  #path(name: string): string {
    return join(this.#dir, basename(name))
  }

  /** Returns no facts where the notes are unreadable: they only save work. */
  async #read(): Promise<Record<string, FileFacts>> {
    try {
      return folderSchema.parse(JSON.parse(await readFile(join(this.#dir, FACTS_FILE), 'utf8')))
    } catch {
      return {}
    }
  }

  /** Writes the notes. A failure is ignored: it only costs reading the files again. */
  async #write(all: Record<string, FileFacts>): Promise<void> {
    const temporary = join(this.#dir, `${FACTS_FILE}.${randomUUID()}`)
    try {
      const notes = Object.entries(all).map(([name, facts]) => [name, { ...facts, reader: HEAD_READER }])
      await writeFile(temporary, `${JSON.stringify(Object.fromEntries(notes), null, 2)}\n`, { mode: 0o600 })
      await rename(temporary, join(this.#dir, FACTS_FILE))
    } catch {
      await rm(temporary, { force: true }).catch(() => {})
    }
  }
}

function gone(name: string): RippleError {
  return new RippleError('RIPPLE_MODEL_MISSING', { model: name })
}
