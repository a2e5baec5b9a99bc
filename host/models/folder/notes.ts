/** Persists the checksums and heads of a folder's model files, so that gigabytes are read once and not at every start. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeAtomic } from '../../files/write-atomic.ts'
import { ggufHead, HEAD_READER } from '../inspect/inspect-words.ts'

/** The file that holds the notes of a folder. */
const NOTES_FILE = '.facts.json'

/** A note as it is stored, with the reader of the head. A head that another reader read counts as not inspected. */
const noteSchema = z
  .strictObject({
    bytes: z.number().int().nonnegative(),
    /** Time of the file's last change, in milliseconds since 1970. The note holds while this time and the size stay the same. */
    mtime_ms: z.number(),
    sha256: z.string(),
    /** The content of its head, or the reason why it is not a model; null while it has not been inspected. */
    head: ggufHead.nullable().default(null),
    reader: z.string().default(''),
  })
  .transform(({ reader, head, ...note }) => ({ ...note, head: reader === HEAD_READER ? head : null }))
const notesSchema = z.record(z.string(), noteSchema)

/** The content of a file, as it was found at a size and a time of change. */
export type Note = z.output<typeof noteSchema>

/** The notes of a folder. Anybody who can write to the folder can forge them, and the models too. */
export class Notes {
  readonly #file: string
  #writing: Promise<void> = Promise.resolve()

  constructor(dir: string) {
    this.#file = join(dir, NOTES_FILE)
  }

  /** Returns the notes by the names of their files; none where they are unreadable, since they only save work. */
  async read(): Promise<Record<string, Note>> {
    try {
      return notesSchema.parse(JSON.parse(await readFile(this.#file, 'utf8')))
    } catch {
      return {}
    }
  }

  /** Adds the note of a file. Never rejects: a failure only costs reading the file again. */
  keep(name: string, note: Note): Promise<void> {
    // Each write includes the notes that the writes before it have stored.
    this.#writing = this.#writing.then(async () => this.#write({ ...(await this.read()), [name]: note }))
    return this.#writing
  }

  async #write(all: Record<string, Note>): Promise<void> {
    const stored = Object.entries(all).map(([name, note]) => [name, { ...note, reader: HEAD_READER }])
    const text = `${JSON.stringify(Object.fromEntries(stored), null, 2)}\n`
    // Another process may write its notes at the same time.
    await writeAtomic(this.#file, text, { draft: `${this.#file}.${randomUUID()}` }).catch(() => {})
  }
}
