import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'

/** Where the facts of a folder's files are kept. */
const FACTS_FILE = '.facts.json'

const factsSchema = z.strictObject({
  bytes: z.number().int().nonnegative(),
  /** When the file was changed last, in milliseconds since 1970: other facts hold while this and the size do. */
  mtime_ms: z.number(),
  sha256: z.string(),
})
const folderSchema = z.record(z.string(), factsSchema)

/** What is known of a file's content. */
export type FileFacts = z.infer<typeof factsSchema>

/** sha256 of a file's bytes, lower-case hex. */
export async function sha256OfFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash, { signal })
  return hash.digest('hex')
}

/**
 * The checksums of a folder's files, remembered by size and time of change, so that gigabytes are read once and not
 * at every start. Whoever can write to the folder can forge them, and the models as well.
 */
export class FolderFacts {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Facts of one file of the folder, read again when it has changed. Rejects with the file system's error. */
  async of(name: string, signal: AbortSignal): Promise<FileFacts> {
    const file = join(this.#dir, basename(name))
    const { size, mtimeMs } = await stat(file)
    const known = (await this.#read())[name]
    if (known?.bytes === size && known.mtime_ms === mtimeMs) return known
    const facts = { bytes: size, mtime_ms: mtimeMs, sha256: await sha256OfFile(file, signal) }
    await this.#write({ ...(await this.#read()), [name]: facts })
    return facts
  }

  /** Unreadable notes count as none: they only save work. */
  async #read(): Promise<Record<string, FileFacts>> {
    try {
      return folderSchema.parse(JSON.parse(await readFile(join(this.#dir, FACTS_FILE), 'utf8')))
    } catch {
      return {}
    }
  }

  /** A folder that cannot be written costs reading the files again, not the models. */
  async #write(all: Record<string, FileFacts>): Promise<void> {
    const temporary = join(this.#dir, `${FACTS_FILE}.${randomUUID()}`)
    try {
      await writeFile(temporary, `${JSON.stringify(all, null, 2)}\n`)
      await rename(temporary, join(this.#dir, FACTS_FILE))
    } catch {
      await rm(temporary, { force: true }).catch(() => {})
    }
  }
}
