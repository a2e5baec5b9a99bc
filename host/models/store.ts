/** Manages the models folder: lists, pulls and removes models. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { catalogue, findModel, isNamed } from './catalogue.ts'
import { partOf, sizeOf } from './download.ts'
import { entriesOf, fileOf, type ModelEntry, type Unread } from './entries.ts'
import { type FileFacts, FolderFacts } from './facts.ts'
import { fileIdOf, plainName } from './file-id.ts'
import { tryLock } from './folder-lock.ts'
import { Heads } from './heads.ts'
import { corrupt, unread as unreadError } from './inspect.ts'
import { nameOf, pickFile } from './pick-file.ts'
import { type FoundFile, type PullOptions, pullFile, pullModel } from './pull.ts'
import { modelOf } from './sharing.ts'
import { meansFile, oneOfEachSplit, splitError } from './split.ts'

/** A model whose file is here and has been checked. */
export interface StoredModel {
  readonly name: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  readonly path: string
  readonly bytes: number
  /**
   * Time of the file's last change before its sha256 was read, in milliseconds since 1970. A file that has changed since is
   * another model.
   */
  readonly mtime_ms?: number
  /** Most tokens that it reads. */
  readonly context_tokens: number
  readonly chat_template: 'own' | 'none'
}

/** The options of a pull into the store. */
export type StorePull = Pick<PullOptions, 'onProgress' | 'note' | 'peers'>

/** The outcome of inspecting a file. */
interface Look {
  readonly facts?: FileFacts
  readonly error?: unknown
}

/** Most characters of a sha256 or a CID that distinguish two files of one name. */
const SHORT_CHARS = 12

/**
 * The models folder. It may hold the catalogue's files and any other GGUF file that the user puts there. Such a model has
 * its file's name, without the ending.
 */
export class ModelStore implements Disposable {
  readonly #dir: string
  readonly #facts: FolderFacts
  readonly #heads: Heads
  readonly #life = new AbortController()
  #present: readonly StoredModel[] = []
  #unread: readonly Unread[] = []
  #problems: readonly RippleError[] = []

  private constructor(dir: string) {
    this.#dir = dir
    this.#facts = new FolderFacts(dir, this.#life.signal)
    this.#heads = new Heads(dir, this.#facts, this.#life.signal)
  }

  /** The folder's path. */
  get dir(): string {
    return this.#dir
  }

  /** Opens the folder (created where it is missing) and scans it, as `scan` does. */
  static async open(dir: string, signal: AbortSignal, patience: AbortSignal = signal): Promise<ModelStore> {
    const store = new ModelStore(dir)
    try {
      await store.scan(signal, patience)
      return store
    } catch (thrown) {
      store[Symbol.dispose]()
      throw thrown
    }
  }

  /** Stops the reading of files, which otherwise continues when the callers have stopped waiting. */
  [Symbol.dispose](): void {
    this.#life.abort()
  }

  /** Models that can be run, as of the last scan, in the catalogue's order first. It is the `models` of an engine. */
  readonly present = (): readonly StoredModel[] => this.#present

  /**
   * Errors of files in the folder, which are not offered: `RIPPLE_MODEL_CHECKSUM`, `RIPPLE_MODEL_CORRUPT`,
   * `RIPPLE_MODEL_MISSING` where a file has gone meanwhile, or temporarily `RIPPLE_MODEL_UNREAD`.
   */
  get problems(): readonly RippleError[] {
    return this.#problems
  }

  /** Names of the models whose files were still being read at the last scan. */
  get reading(): string[] {
    return this.#unread.map(({ file }) => nameOf(file))
  }

  /** Resolves when the reading of the current files has ended or failed; never if no file is being read. */
  async whenRead(): Promise<void> {
    if (this.#unread.length === 0) await new Promise(() => {})
    await this.#facts.settled()
  }

  /**
   * Waits until the file of that sha256 has been found, or no file is being read that it may be. Reports the files that it
   * waits for to `note`. Rejects with the signal's reason.
   */
  async waitFor(sha256: string, note: (line: string) => void, signal: AbortSignal): Promise<void> {
    const isHere = (): boolean => this.#present.some((model) => model.sha256 === sha256)
    await this.#readOn(isHere, () => true, note, signal)
  }

  /**
   * Scans the folder again. Files that have not changed are not read. Files that are still being read when `patience` ends
   * are skipped, and the next scan takes them up. By default there is no such end.
   */
  async scan(signal: AbortSignal, patience: AbortSignal = signal): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const here = await this.#files()
    const known = catalogue.map((model) => model.file).filter((file) => here.includes(file))
    const own = here.filter((file) => !known.includes(file)).sort()
    const either = AbortSignal.any([signal, patience])
    const found = await this.#lookAt([...known, ...own], either)
    const present: StoredModel[] = []
    const unread: Unread[] = []
    const problems: RippleError[] = []
    for (const file of [...known, ...own]) {
      const { facts = null, error } = found.get(file) ?? {}
      signal.throwIfAborted()
      const model = facts === null ? toRippleError(error) : this.#modelOf(file, facts)
      if (!(model instanceof RippleError)) present.push(model)
      else if (facts === null && error === patience.reason)
        unread.push({ file, bytes: await this.#sizeOf(file) })
      else problems.push(model)
    }
    this.#present = present
    this.#unread = unread
    this.#problems = oneOfEachSplit(problems)
  }

  async #files(): Promise<string[]> {
    return (await readdir(this.#dir)).filter((name) => name.endsWith('.gguf'))
  }

  /** Scans again where a file could not be inspected, was still being read, or has changed since. */
  async refresh(signal: AbortSignal, patience: AbortSignal = signal): Promise<void> {
    const unknown = this.#unread.length > 0 || this.#problems.some(isUnread)
    if (unknown || (await this.#isAnyGone())) await this.scan(signal, patience)
  }

  /** Whether a model's file was removed, replaced or changed. */
  async #isAnyGone(): Promise<boolean> {
    const gone = this.#present.map(async ({ path, bytes, mtime_ms }) => {
      const there = await stat(path).catch(() => null)
      return there?.size !== bytes || there.mtimeMs !== mtime_ms
    })
    return (await Promise.all(gone)).includes(true)
  }

  /** Scans until the file is here, or no file is being read that it may be. Reports the files that it waits for to `note`. */
  async #readOn(
    isHere: () => boolean | Promise<boolean>,
    mayBeIt: (unread: Unread) => boolean,
    note: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (let told = false; this.#unread.some(mayBeIt) && !(await isHere()); told = true) {
      const names = this.#unread.filter(mayBeIt).map(({ file }) => nameOf(file))
      if (!told) note(`waits until this has been read, which is new here: ${names.join(', ')}`)
      await this.scan(signal, AbortSignal.timeout(limits.model_list_wait_ms))
    }
  }

  /**
   * Returns the model of that name that is here. Throws `RIPPLE_MODEL_MISSING`, `RIPPLE_MODEL_UNKNOWN`,
   * `RIPPLE_MODEL_UNREAD` while its file is being read, or the error of its file.
   */
  find(name: string): StoredModel {
    const found = this.#present.find((model) => isNamed(model, name))
    if (found !== undefined) return found
    const unread = this.#unread.find(({ file }) => isNamed({ name: nameOf(file) }, name))
    if (unread !== undefined)
      throw unreadError(join(this.#dir, unread.file), 'it is new here and still being read')
    const problem = this.problemOf(name)
    if (problem !== null) throw problem
    throw new RippleError('RIPPLE_MODEL_MISSING', { model: findModel(name).name })
  }

  /** Returns the error of the file that a name means, as of the last scan; null where none is known. */
  problemOf(name: string): RippleError | null {
    const isListed = catalogue.some((model) => isNamed(model, name))
    const isIt = (file: string): boolean =>
      isNamed({ name: nameOf(file) }, name) || (!isListed && meansFile(name, file))
    return this.#problems.find((problem) => isIt(fileOf(problem) ?? '')) ?? null
  }

  /** Lists the catalogue and the other files here. A large file that is new here is listed as being read for a while. */
  async list(signal: AbortSignal): Promise<ModelEntry[]> {
    await this.scan(signal, AbortSignal.timeout(limits.model_list_wait_ms))
    return this.#entries()
  }

  /**
   * Fetches a model of the catalogue, or from peers the file with that sha256 or CID. Rejects as `pullModel` does, and with
   * `RIPPLE_MODEL_NO_PEER`.
   */
  async pull(name: string, options: StorePull, signal: AbortSignal): Promise<ModelEntry> {
    const given = { ...options, dir: this.#dir, facts: this.#facts, signal }
    const file = fileIdOf(name)
    const listed = catalogue.find((model) => (file === null ? isNamed(model, name) : model.sha256 === file))
    const unusable = listed === undefined && file === null ? this.problemOf(name) : null
    if (unusable !== null) throw unusable
    const path =
      file === null || listed !== undefined
        ? (await pullModel(listed?.name ?? name, given)).path
        : await this.#pullFile(file, given)
    // The caller waits only for this file, and not for another large file that is new here.
    await this.scan(signal, AbortSignal.timeout(limits.model_list_wait_ms))
    const byPath = (): ModelEntry | undefined => this.#entries().find((one) => one.path === path)
    const isIt = (unread: Unread): boolean => unread.file === basename(path)
    await this.#readOn(() => false, isIt, options.note ?? (() => {}), signal)
    const entry = byPath()
    if (entry !== undefined) return entry
    const [problem] = this.#problems.filter(({ facts }) => facts.file === path)
    throw problem ?? new RippleError('RIPPLE_MODEL_MISSING', { model: name })
  }

  /**
   * Returns the file that a name means, as `pickFile` does, and the model that the last scan found in it. The file may also
   * be one that is not a model, or that was removed since that scan.
   */
  async pick(name: string): Promise<{ file: string; model: StoredModel | null }> {
    const known = this.#present.map(({ path }) => basename(path))
    const file = pickFile(name, [...(await this.#files()), ...known])
    return { file, model: this.#present.find(({ path }) => basename(path) === file) ?? null }
  }

  /** Deletes a model's file, also one that failed its check. Rejects as `pick` does, and with `RIPPLE_MODEL_MISSING`. */
  async remove(name: string, signal: AbortSignal): Promise<{ path: string; bytes: number }> {
    const { file } = await this.pick(name)
    const path = join(this.#dir, file)
    const found = await stat(path).catch(() => null)
    await rm(path, { force: true })
    this.#facts.forget(file)
    // While any download runs, the part stays.
    using lock = (await sizeOf(partOf(path))) > 0 ? tryLock(this.#dir) : null
    if (lock !== null) await rm(partOf(path), { force: true })
    await this.scan(signal, AbortSignal.timeout(limits.model_list_wait_ms))
    if (found === null) throw new RippleError('RIPPLE_MODEL_MISSING', { model: nameOf(file) })
    return { path, bytes: found.size }
  }

  /** Returns the path of the file with that sha256 or CID, and fetches it from peers where it is not here. */
  async #pullFile(file: string, given: PullOptions): Promise<string> {
    const { signal, note = () => {} } = given
    const isHere = async (): Promise<boolean> => (await modelOf(file, this.#dir, this.#present)) !== null
    if (!(await isHere())) await this.refresh(signal, AbortSignal.timeout(limits.model_list_wait_ms))
    const here = await this.#pathOf(file)
    if (here !== null) return here
    const offer = await this.#offerOf(file, given)
    // Without this wait, a file that is being read could be fetched a second time, which takes longer than reading it.
    const mayBeIt = ({ bytes }: Unread): boolean => offer === null || bytes === offer.bytes
    await this.#readOn(isHere, mayBeIt, note, signal)
    const read = await this.#pathOf(file)
    if (read !== null) return read
    if (offer === null) throw new RippleError('RIPPLE_MODEL_NO_PEER', { model: file })
    return (await pullFile({ ...offer, name: await this.#freeName(file, offer) }, given)).path
  }

  /**
   * Returns a peer's offer of a file; null where no peer offers it. An offer of other content is ignored: a peer decides
   * neither what is fetched nor what is accepted as the file.
   */
  async #offerOf(file: string, { peers, signal }: PullOptions): Promise<FoundFile | null> {
    try {
      const offer = (await peers?.find(file, signal)) ?? null
      return offer?.sha256 === file || offer?.cid === file ? offer : null
    } catch (thrown) {
      if (toRippleError(thrown).code === 'RIPPLE_MODEL_NO_PEER') return null
      throw thrown
    }
  }

  /**
   * Returns a name for the file: the holder's name for it. If another model has that name here, a part of the sha256 or CID
   * is added.
   */
  async #freeName(file: string, offer: FoundFile): Promise<string> {
    const plain = plainName(offer.name)
    const taken =
      [...catalogue, ...this.#present].some((model) => isNamed(model, plain)) ||
      (await stat(join(this.#dir, `${plain}.gguf`)).catch(() => null)) !== null
    const short = file.slice(offer.sha256 === file ? 0 : -SHORT_CHARS).slice(0, SHORT_CHARS)
    return plain === '' ? short : taken ? `${plain}-${short}` : plain
  }

  /**
   * Returns the path of the file with that sha256 or CID; null where no known file has it. Rejects with
   * `RIPPLE_MODEL_UNREAD`.
   */
  async #pathOf(file: string): Promise<string | null> {
    const known = await modelOf(file, this.#dir, this.#present)
    for (const problem of known === null ? this.#problems.filter(isUnread) : []) {
      const name = basename(String(problem.facts.file))
      // This does not wait for a sha256: one that is not known yet belongs to a file that changes.
      const facts = await this.#facts.of(name, AbortSignal.abort()).catch(() => null)
      if (facts?.sha256 === file) throw problem
    }
    return known?.path ?? null
  }

  #entries(): ModelEntry[] {
    return entriesOf({
      dir: this.#dir,
      present: this.#present,
      unread: this.#unread,
      problems: this.#problems,
    })
  }

  /**
   * Reads new files one after the other, the smallest first, so that it need not wait for a large one. Heads are read
   * meanwhile. When the callers' patience ends, the reading continues. Never rejects.
   */
  async #lookAt(files: readonly string[], signal: AbortSignal): Promise<Map<string, Look>> {
    const sized = await Promise.all(files.map(async (file) => ({ file, bytes: await this.#sizeOf(file) })))
    const looks: Array<Promise<[string, Look]>> = []
    for (const { file } of sized.sort((one, other) => one.bytes - other.bytes)) {
      const facts = this.#facts.of(file, signal)
      const isPinned = catalogue.some((model) => model.file === file && model.sha256 !== null)
      const whole = isPinned ? facts : facts.then((found) => this.#heads.of(file, found, signal))
      looks.push(
        whole.then(
          (facts) => [file, { facts }],
          (error: unknown) => [file, { error }],
        ),
      )
      await facts.catch(() => {})
    }
    return new Map(await Promise.all(looks))
  }

  #modelOf(file: string, { sha256, bytes, mtime_ms, head }: FileFacts): StoredModel | RippleError {
    const path = join(this.#dir, file)
    const model = catalogue.find((one) => one.file === file)
    if (model === undefined || model.sha256 === null) {
      // Its sha256 is not pinned, so only its head shows what it is.
      if (head?.type === 'part') return splitError(path, head)
      if (head?.type !== 'head') return corrupt(path, head?.detail ?? 'its head was not read')
      return { name: nameOf(file), sha256, path, bytes, mtime_ms, ...useOf(model ?? head) }
    }
    if (sha256 !== model.sha256)
      return new RippleError('RIPPLE_MODEL_CHECKSUM', { file: path, found: sha256, wanted: model.sha256 })
    return { name: model.name, sha256, path, bytes, mtime_ms, ...useOf(model) }
  }

  async #sizeOf(file: string): Promise<number> {
    return (await stat(join(this.#dir, file)).catch(() => null))?.size ?? 0
  }
}

function isUnread({ code }: RippleError): boolean {
  return code === 'RIPPLE_MODEL_UNREAD'
}

/** The capabilities of a model file, by its head or by the catalogue. */
type Use = Pick<StoredModel, 'context_tokens' | 'chat_template'>

function useOf({ context_tokens, chat_template }: Use): Use {
  return { context_tokens, chat_template }
}
