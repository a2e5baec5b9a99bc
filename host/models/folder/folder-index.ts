/** Indexes the model files of a folder in the background. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { orAborted } from '../../types/or-aborted.ts'
import { catalogue } from '../catalogue.ts'
import { corrupt, readHeads, unread } from '../inspect/inspect.ts'
import type { HeadRead } from '../inspect/inspect-words.ts'
import { type Note, Notes } from './notes.ts'
import { sha256OfFile } from './sha256-of-file.ts'
import { type FileFacts, modelIn, type StoredModel } from './stored-model.ts'

/** A file of the folder. It is indexed if it has a model, failed if it has a problem, and being indexed otherwise. */
export interface IndexedFile extends FileFacts {
  readonly model: StoredModel | null
  readonly problem: RippleError | null
  /** A failed file is indexed again at the first look after this moment, by `performance.now()`. */
  readonly againAt: number
  /** Milliseconds of its last wait for that, where its head could not be read; otherwise 0. */
  readonly wait_ms: number
}

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

  /** Waits until no file is being indexed. Rejects as `until` does. */
  settled(signal: AbortSignal): Promise<void> {
    return this.until(() => !this.files.some(isIndexing), signal)
  }

  /**
   * Returns the model in a file of the folder, once it is indexed. Rejects with `RIPPLE_MODEL_MISSING`, with the problem of
   * the file, and as `until` does, after which the indexing continues.
   */
  async modelOf(name: string, signal: AbortSignal): Promise<StoredModel> {
    await this.look()
    await this.until(() => !this.files.some((one) => one.file === name && isIndexing(one)), signal)
    const { model = null, problem = null } = this.#table.get(name) ?? {}
    if (model === null) throw problem ?? gone(name)
    return model
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
    const here = (await readdir(this.#dir)).filter((name) => name.endsWith('.gguf')).sort()
    const listed = catalogue.map(({ file }) => file).filter((file) => here.includes(file))
    const names = [...new Set([...listed, ...here])]
    const found = await Promise.all(names.map((name) => stat(join(this.#dir, name)).catch(() => null)))
    const notes = await this.notes.read()
    const before = this.#table
    const files = names.map((file, at) => {
      const { size: bytes = 0, mtimeMs: mtime_ms = 0 } = found[at] ?? {}
      const facts = { file, path: join(this.#dir, file), bytes, mtime_ms, sha256: null, head: null }
      if (found[at] === null) return failed(facts, gone(file))
      // A pipe would be read for ever, and would block all other files.
      if (!found[at]?.isFile()) return failed(facts, corrupt(facts.path, 'it is not a regular file'))
      return take(facts, before.get(file), notes[file])
    })
    this.#table = new Map(files.map((file) => [file.file, file]))
    if (before.size === files.length && files.every((file) => before.get(file.file) === file)) return
    // The disk space of a removed file is freed only then.
    if (this.#reading !== null && !files.includes(this.#reading.file)) this.#reading.stop.abort()
    this.#changed()
    void this.#readAll()
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
    const { path } = file
    try {
      const sha256 = await this.#sha256Of(path, signal)
      const { size, mtimeMs } = await stat(path)
      if (!isSame(file, { bytes: size, mtime_ms: mtimeMs })) throw unread(path, 'it changes while it is read')
      // Another process may have inspected it meanwhile.
      const note = (await this.notes.read())[file.file]
      await this.#found(file, sha256, note !== undefined && isSame(note, file) ? note.head : null)
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
      const batch = new Map(read.map((file) => [file.path, file]))
      if (batch.size === 0) break
      const kept: Array<Promise<void>> = []
      try {
        await this.#readHeads([...batch.keys()], this.#life.signal, (path, head) => {
          const file = batch.get(path)
          if (file !== undefined) kept.push(this.#inspected(file, head))
        })
      } catch (thrown) {
        for (const file of read) this.#replace(file, failed(file, toRippleError(thrown)))
      }
      await Promise.all(kept)
    }
    this.#inspecting = false
  }

  /** Takes the head of a file. A file whose head could not be read is inspected again, each time after a longer while. */
  async #inspected(file: IndexedFile, head: HeadRead): Promise<void> {
    if (head.type !== 'unread') return this.#found(file, file.sha256 ?? '', head)
    const { min, max } = limits.model_head_again_ms
    const wait_ms = Math.max(min, Math.min(max, 2 * file.wait_ms))
    this.#replace(file, failed(file, unread(file.path, head.detail), wait_ms))
  }

  async #found(file: IndexedFile, sha256: string, head: Note['head']): Promise<void> {
    const { bytes, mtime_ms, wait_ms } = file
    await this.notes.keep(file.file, { bytes, mtime_ms, sha256, head })
    this.#replace(file, indexed({ ...file, sha256, head }, wait_ms))
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
    return this.#life.signal.aborted ? [] : this.files.filter(isIndexing)
  }
}

/** Whether a file's content is not known yet. */
export function isIndexing({ model, problem }: IndexedFile): boolean {
  return model === null && problem === null
}

/** Returns a file as the table has it, else by its note, else as unread. A failed file begins again after its time. */
function take(facts: FileFacts, before: IndexedFile | undefined, note: Note | undefined): IndexedFile {
  const known = before !== undefined && isSame(before, facts) ? before : null
  if (known !== null && performance.now() < known.againAt) return known
  const noted = note !== undefined && isSame(note, facts) ? note : null
  const { sha256 = null, head = null } = noted ?? known ?? {}
  return indexed({ ...facts, sha256, head }, known?.wait_ms)
}

function isSame(one: Pick<Note, 'bytes' | 'mtime_ms'>, other: Pick<Note, 'bytes' | 'mtime_ms'>): boolean {
  return one.bytes === other.bytes && one.mtime_ms === other.mtime_ms
}

/** Returns a file with its model or its lasting problem, as far as its facts show them. */
function indexed(facts: FileFacts, wait_ms = 0): IndexedFile {
  const found = modelIn(facts)
  const result =
    found instanceof RippleError ? { model: null, problem: found } : { model: found, problem: null }
  return { ...facts, ...result, wait_ms, againAt: Number.POSITIVE_INFINITY }
}

function failed(facts: FileFacts, problem: RippleError, wait_ms = 0): IndexedFile {
  return { ...facts, model: null, problem, wait_ms, againAt: performance.now() + wait_ms }
}

function gone(name: string): RippleError {
  return new RippleError('RIPPLE_MODEL_MISSING', { model: name })
}
