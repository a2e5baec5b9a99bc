/** Indexes the model files of a folder in the background. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { orAborted } from '../types/or-aborted.ts'
import { catalogue } from './catalogue.ts'
import { corrupt, readHeads, unread } from './inspect.ts'
import type { HeadRead } from './inspect-words.ts'
import { type Note, Notes } from './notes.ts'
import { sha256OfFile } from './sha256-of-file.ts'

/** The size of a file and the time of its last change, in milliseconds since 1970. */
type Stamp = Pick<Note, 'bytes' | 'mtime_ms'>

/** The facts about a file; `sha256` and `head` hold while its stamp stays the same. */
interface Facts extends Stamp {
  /** Its name in the folder. */
  readonly file: string
  readonly sha256: string | null
  /** The head of a file that the catalogue does not pin. */
  readonly head: Note['head']
  /** Milliseconds that the file last waited to be inspected again; 0 before its first failure. */
  readonly wait_ms: number
}

/** A file whose content is known. */
export type KnownFile = Facts & { readonly state: 'indexed'; readonly sha256: string }

/** A file of the folder, as far as it is known. A failed file is indexed again at the first look after `again_at`. */
export type IndexedFile =
  | KnownFile
  | (Facts & { readonly state: 'indexing' })
  | (Facts & { readonly state: 'failed'; readonly error: RippleError; readonly again_at: number })

/** The steps that read a file, replaced in tests. */
export interface IndexSteps {
  readonly sha256Of?: typeof sha256OfFile
  readonly readHeads?: typeof readHeads
}

/**
 * A table of the model files in a folder. A look compares it with the folder. New and changed files are then read one at a
 * time, because a disk reads one large file faster than two at a time, and the smallest comes first. Meanwhile a process
 * inspects the heads of the files that have been read, except those that the catalogue pins.
 */
export class FolderIndex implements Disposable {
  readonly #dir: string
  /** The notes of the folder. A file whose content is noted before it appears is not read again. */
  readonly notes: Notes
  readonly #sha256Of: typeof sha256OfFile
  readonly #readHeads: typeof readHeads
  readonly #life = new AbortController()
  readonly #listeners = new Set<() => void>()
  #table = new Map<string, IndexedFile>()
  #looking: Promise<void> = Promise.resolve()
  /** The file whose sha256 is being computed, and the controller that stops it. */
  #reading: { readonly file: IndexedFile; readonly stop: AbortController } | null = null
  #inspecting = false

  constructor(dir: string, steps: IndexSteps = {}) {
    this.#dir = dir
    this.notes = new Notes(dir)
    this.#sha256Of = steps.sha256Of ?? sha256OfFile
    this.#readHeads = steps.readHeads ?? readHeads
  }

  /** Ends the reading of files. */
  [Symbol.dispose](): void {
    this.#life.abort()
  }

  /** The files as of the last look, in the catalogue's order first. */
  get files(): IndexedFile[] {
    return [...this.#table.values()]
  }

  /** Calls `listener` after each change of the table. Returns a function that ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Waits until the table meets a condition. Rejects with the signal's reason, and when the index is disposed. */
  async until(isMet: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#life.signal])
    let change = Promise.withResolvers<void>()
    const off = this.onChange(() => change.resolve())
    try {
      while (!(await isMet())) {
        await orAborted(change.promise, either)
        change = Promise.withResolvers()
      }
    } finally {
      off()
    }
  }

  /**
   * Returns a file of the folder once it is indexed. Rejects with `RIPPLE_MODEL_MISSING`, with the error of its file, and
   * with the signal's reason, after which the reading continues.
   */
  async of(name: string, signal: AbortSignal): Promise<KnownFile> {
    await this.look()
    await this.until(() => this.#table.get(name)?.state !== 'indexing', signal)
    const found = this.#table.get(name)
    if (found?.state === 'indexed') return found
    throw found?.state === 'failed' ? found.error : gone(name)
  }

  /** Waits until no file is being indexed. Rejects with the signal's reason. */
  settled(signal: AbortSignal): Promise<void> {
    return this.until(() => !this.files.some(({ state }) => state === 'indexing'), signal)
  }

  /**
   * Compares the table with the folder (created where it is missing). Resolves without waiting for new files to be read.
   * Rejects with the file system's error.
   */
  look(): Promise<void> {
    const look = this.#looking.then(() => this.#look())
    this.#looking = look.catch(() => {})
    return look
  }

  async #look(): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const names = (await readdir(this.#dir)).filter((name) => name.endsWith('.gguf')).sort(inOrder)
    const found = await Promise.all(names.map((name) => stat(this.#path(name)).catch(() => null)))
    const notes = await this.notes.read()
    const taken = names.map((name, at): [string, IndexedFile] => {
      const there = found[at] ?? null
      const nothing = { file: name, bytes: 0, mtime_ms: 0, sha256: null, head: null, wait_ms: 0 }
      if (there === null) return [name, failed(nothing, gone(name))]
      // A pipe would be read for ever, and would block all other files.
      if (!there.isFile())
        return [name, failed(nothing, corrupt(this.#path(name), 'it is not a regular file'))]
      return [name, this.#take({ ...nothing, bytes: there.size, mtime_ms: there.mtimeMs }, notes[name])]
    })
    const before = this.#table
    this.#table = new Map(taken)
    if (before.size === taken.length && taken.every(([name, file]) => before.get(name) === file)) return
    // The disk space of a removed file is freed only then.
    if (this.#reading !== null && !this.files.includes(this.#reading.file)) this.#reading.stop.abort()
    this.#changed()
    void this.#readAll()
  }

  /** Returns a file as it is known by the table, else by its note, else unread. A failed file begins again after its time. */
  #take(file: Facts, note: Note | undefined): IndexedFile {
    const before = this.#table.get(file.file)
    const known = before !== undefined && isSame(before, file) ? before : null
    const isDue = known?.state === 'failed' && performance.now() >= known.again_at
    if (known !== null && !isDue) return known
    const noted = note !== undefined && isSame(note, file) ? note : null
    return withState({ ...file, ...known, ...noted })
  }

  /** Computes the sha256 of each new file. Never rejects. */
  async #readAll(): Promise<void> {
    if (this.#reading !== null) return
    for (;;) {
      const unread = this.#unfinished().filter(({ sha256 }) => sha256 === null)
      const [file] = unread.sort((one, other) => one.bytes - other.bytes)
      if (file === undefined) break
      const stop = new AbortController()
      this.#reading = { file, stop }
      await this.#read(file, AbortSignal.any([this.#life.signal, stop.signal]))
    }
    this.#reading = null
  }

  async #read(file: IndexedFile, signal: AbortSignal): Promise<void> {
    const path = this.#path(file.file)
    try {
      const sha256 = await this.#sha256Of(path, signal)
      const { size, mtimeMs } = await stat(path)
      if (!isSame(file, { bytes: size, mtime_ms: mtimeMs })) throw unread(path, 'it changes while it is read')
      // Another process may have inspected it meanwhile.
      const note = (await this.notes.read())[file.file]
      await this.#found(file, { ...file, sha256, head: note && isSame(note, file) ? note.head : null })
    } catch (thrown) {
      const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
      this.#replace(file, failed(file, isGone ? gone(file.file) : toRippleError(thrown)))
    }
  }

  /** Inspects the heads of the files that have been read, in batches. Never rejects. */
  async #inspectAll(): Promise<void> {
    if (this.#inspecting) return
    this.#inspecting = true
    for (;;) {
      const read = this.#unfinished().filter(({ sha256 }) => sha256 !== null)
      const batch = new Map(read.map((file) => [this.#path(file.file), file]))
      if (batch.size === 0) break
      const kept: Array<Promise<void>> = []
      try {
        await this.#readHeads([...batch.keys()], this.#life.signal, (path, head) => {
          const file = batch.get(path)
          if (file !== undefined) kept.push(this.#inspected(file, head))
        })
      } catch (thrown) {
        for (const file of batch.values()) this.#replace(file, failed(file, toRippleError(thrown)))
      }
      await Promise.all(kept)
    }
    this.#inspecting = false
  }

  /** Takes the head of a file. A file whose head could not be read is inspected again, each time after a longer while. */
  async #inspected(file: IndexedFile, head: HeadRead): Promise<void> {
    if (head.type !== 'unread') return this.#found(file, { ...file, head })
    const { min, max } = limits.model_head_again_ms
    const wait_ms = Math.max(min, Math.min(max, 2 * file.wait_ms))
    this.#replace(file, failed({ ...file, wait_ms }, unread(this.#path(file.file), head.detail), wait_ms))
  }

  async #found(before: IndexedFile, { file, bytes, mtime_ms, sha256, head, wait_ms }: Facts): Promise<void> {
    if (sha256 !== null) await this.notes.keep(file, { bytes, mtime_ms, sha256, head })
    this.#replace(before, withState({ file, bytes, mtime_ms, sha256, head, wait_ms }))
  }

  /** Replaces a row of the table, unless the file was removed or changed meanwhile. */
  #replace(before: IndexedFile, after: IndexedFile): void {
    if (this.#table.get(before.file) !== before || this.#life.signal.aborted) return
    this.#table.set(before.file, after)
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
    void this.#inspectAll()
  }

  /** Returns the files that are being indexed; none after the index was disposed. */
  #unfinished(): IndexedFile[] {
    return this.#life.signal.aborted ? [] : this.files.filter(({ state }) => state === 'indexing')
  }

  #path(name: string): string {
    return join(this.#dir, name)
  }
}

function isSame(one: Stamp, other: Stamp): boolean {
  return one.bytes === other.bytes && one.mtime_ms === other.mtime_ms
}

/** Returns a file as indexed once its sha256 and, unless the catalogue pins it, its head are known. */
function withState(file: Facts): IndexedFile {
  const { sha256, head } = file
  const isPinned = catalogue.some((model) => model.file === file.file && model.sha256 !== null)
  if (sha256 !== null && (head !== null || isPinned)) return { ...file, sha256, state: 'indexed' }
  return { ...file, state: 'indexing' }
}

function failed(file: Facts, error: RippleError, wait_ms = 0): IndexedFile {
  return { ...file, state: 'failed', error, again_at: performance.now() + wait_ms }
}

/** Compares two files by their place in the catalogue, then by name. */
function inOrder(one: string, other: string): number {
  return place(one) - place(other) || (one < other ? -1 : 1)
}

function place(file: string): number {
  const at = catalogue.findIndex((model) => model.file === file)
  return at === -1 ? catalogue.length : at
}

function gone(name: string): RippleError {
  return new RippleError('RIPPLE_MODEL_MISSING', { model: name })
}
