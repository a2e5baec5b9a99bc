/** Manages the models folder: lists, pulls and removes models. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { catalogue, findModel, isNamed } from './catalogue.ts'
import { entriesOf, type ModelEntry } from './entries.ts'
import { fileIdOf, plainName } from './file-id.ts'
import { FolderIndex, type IndexedFile, isIndexing } from './folder/folder-index.ts'
import { tryLock } from './folder/folder-lock.ts'
import { nameOf, pickFile } from './folder/pick-file.ts'
import type { StoredModel } from './folder/stored-model.ts'
import { unread } from './inspect/inspect.ts'
import { meansFile, oneOfEachSplit } from './inspect/split.ts'
import { partOf, sizeOf } from './sources/download.ts'
import { type FoundFile, type PullOptions, pullFile, pullModel } from './sources/pull.ts'
import { modelOf } from './sources/sharing.ts'

/** The options of a pull into the store. */
export type StorePull = Pick<PullOptions, 'onProgress' | 'onFile' | 'note' | 'peers'>

/** Most characters of a sha256 or a CID that distinguish two files of one name. */
const SHORT_CHARS = 12

/**
 * The models folder. It may hold the catalogue's files and any other GGUF file that the user puts there. Such a model has
 * its file's name, without the ending. A new file is indexed in the background, and is a model after that.
 */
export class ModelStore implements Disposable {
  /** The folder's path. */
  readonly dir: string
  /** The table of the folder's files. */
  readonly index: FolderIndex

  private constructor(dir: string) {
    this.dir = dir
    this.index = new FolderIndex(dir)
  }

  /** Opens the folder, and begins to index the files that are new there. */
  static async open(dir: string): Promise<ModelStore> {
    const store = new ModelStore(dir)
    await store.index.look()
    return store
  }

  /** Ends the indexing of files. */
  [Symbol.dispose](): void {
    this.index[Symbol.dispose]()
  }

  get #files(): IndexedFile[] {
    return oneOfEachSplit(this.index.files)
  }

  /** Models that can be run, in the catalogue's order first. It is the `models` of an engine. */
  readonly present = (): StoredModel[] => this.#files.flatMap(({ model }) => model ?? [])

  /**
   * Errors of files in the folder, which are not offered: `RIPPLE_MODEL_CHECKSUM`, `RIPPLE_MODEL_CORRUPT`,
   * `RIPPLE_MODEL_MISSING` where a file has gone meanwhile, or temporarily `RIPPLE_MODEL_UNREAD`.
   */
  get problems(): RippleError[] {
    return this.#files.flatMap(({ problem }) => problem ?? [])
  }

  /** Names of the models whose files are being indexed. */
  get indexing(): string[] {
    return this.#files.filter(isIndexing).map(({ file }) => nameOf(file))
  }

  /**
   * Waits until the file with that sha256 or CID has been found, or no file is being indexed that it may be. Reports the
   * files that it waits for to `note`. Rejects with the signal's reason.
   */
  async waitFor(
    file: string,
    note: (line: string) => void,
    signal: AbortSignal,
    mayBeIt: (file: IndexedFile) => boolean = () => true,
  ): Promise<void> {
    const names = (): string[] =>
      this.#files.filter((one) => isIndexing(one) && mayBeIt(one)).map(({ file }) => nameOf(file))
    const isDone = async (): Promise<boolean> =>
      names().length === 0 || (await modelOf(file, this.dir, this.present())) !== null
    if (await isDone()) return
    note(`waits until this has been indexed, which is new here: ${names().join(', ')}`)
    await this.index.until(isDone, signal)
  }

  /**
   * Returns the model of that name that is here. Throws `RIPPLE_MODEL_MISSING`, `RIPPLE_MODEL_UNKNOWN`,
   * `RIPPLE_MODEL_UNREAD` while its file is being indexed, or the error of its file.
   */
  find(name: string): StoredModel {
    const found = this.present().find((model) => isNamed(model, name))
    if (found !== undefined) return found
    const indexing = this.#files.find(
      (file) => isIndexing(file) && isNamed({ name: nameOf(file.file) }, name),
    )
    if (indexing !== undefined) throw unread(indexing.path, 'it is new here and still being indexed')
    const problem = this.problemOf(name)
    if (problem !== null) throw problem
    throw new RippleError('RIPPLE_MODEL_MISSING', { model: findModel(name).name })
  }

  /** Returns the error of the file that a name means; null where none is known. */
  problemOf(name: string): RippleError | null {
    const isListed = catalogue.some((model) => isNamed(model, name))
    const means = (file: string): boolean =>
      isNamed({ name: nameOf(file) }, name) || (!isListed && meansFile(name, file))
    return this.#files.find(({ file, problem }) => problem !== null && means(file))?.problem ?? null
  }

  /** Looks at the folder, and lists the catalogue and the files there. */
  async list(): Promise<ModelEntry[]> {
    await this.index.look()
    return entriesOf(this.#files, await partsOf(this.dir))
  }

  /**
   * Fetches a model of the catalogue, or from peers the file with that sha256 or CID. Rejects as `pullModel` does, and with
   * `RIPPLE_MODEL_NO_PEER`.
   */
  async pull(name: string, options: StorePull, signal: AbortSignal): Promise<ModelEntry> {
    const { dir, index } = this
    const given = { ...options, dir, index, signal }
    const file = fileIdOf(name)
    const listed = catalogue.find((model) => (file === null ? isNamed(model, name) : model.sha256 === file))
    const unusable = listed === undefined && file === null ? this.problemOf(name) : null
    if (unusable !== null) throw unusable
    const { path } =
      file === null || listed !== undefined
        ? await pullModel(listed?.name ?? name, given)
        : await this.#pullFile(file, given)
    const entry = entriesOf(this.#files, new Map()).find((one) => one.path === path)
    if (entry === undefined) throw new RippleError('RIPPLE_MODEL_MISSING', { model: name })
    return entry
  }

  /**
   * Returns the file that a name means, as `pickFile` does, and the known model in it. The file may also be one that is not
   * a model, that was removed since the last look, or of which only a part is here.
   */
  async pick(name: string): Promise<{ file: string; model: StoredModel | null }> {
    const known = this.#files
    const here = (await readdir(this.dir)).filter((file) => file.endsWith('.gguf'))
    const parts = (await partsOf(this.dir)).keys()
    const file = pickFile(name, [...here, ...known.map((one) => one.file), ...parts])
    return { file, model: known.find((one) => one.file === file)?.model ?? null }
  }

  /**
   * Deletes a model's file, also one that failed its check, and the bytes of an unfinished download. Rejects as `pick` does, and
   * with `RIPPLE_MODEL_MISSING`.
   */
  async remove(name: string): Promise<{ path: string; bytes: number }> {
    const { file } = await this.pick(name)
    const path = join(this.dir, file)
    const found = await stat(path).catch(() => null)
    await rm(path, { force: true })
    // While any download runs, the part stays.
    const part = await sizeOf(partOf(path))
    using lock = part > 0 ? tryLock(this.dir) : null
    if (lock !== null) await rm(partOf(path), { force: true })
    await this.index.look()
    const bytes = (found?.size ?? 0) + (lock === null ? 0 : part)
    if (found === null && bytes === 0) throw new RippleError('RIPPLE_MODEL_MISSING', { model: nameOf(file) })
    return { path, bytes }
  }

  /** Returns the model with that sha256 or CID, and fetches it from peers where it is not here. */
  async #pullFile(file: string, given: PullOptions): Promise<StoredModel> {
    const { signal, note = () => {} } = given
    await this.index.look()
    const here = await this.#modelOf(file)
    if (here !== null) return here
    const offer = await this.#offerOf(file, given)
    // Without this wait, a file that is being indexed could be fetched a second time, which takes longer.
    await this.waitFor(file, note, signal, ({ bytes }) => offer === null || bytes === offer.bytes)
    const indexed = await this.#modelOf(file)
    if (indexed !== null) return indexed
    if (offer === null) throw new RippleError('RIPPLE_MODEL_NO_PEER', { model: file })
    return pullFile({ ...offer, name: await this.#freeName(file, offer) }, given)
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
      [...catalogue, ...this.present()].some((model) => isNamed(model, plain)) ||
      (await stat(join(this.dir, `${plain}.gguf`)).catch(() => null)) !== null
    const short = file.slice(offer.sha256 === file ? 0 : -SHORT_CHARS).slice(0, SHORT_CHARS)
    return plain === '' ? short : taken ? `${plain}-${short}` : plain
  }

  /** Returns the known model with that sha256 or CID. Rejects with the error of a file that could not be inspected. */
  async #modelOf(file: string): Promise<StoredModel | null> {
    const known = await modelOf(file, this.dir, this.present())
    const problem = this.#files.find(({ sha256 }) => sha256 === file)?.problem
    if (known === null && problem?.code === 'RIPPLE_MODEL_UNREAD') throw problem
    return known
  }
}

/** Returns the bytes of unfinished downloads in a folder, by the name of the file that each becomes. */
async function partsOf(dir: string): Promise<ReadonlyMap<string, number>> {
  const parts = (await readdir(dir)).filter((file) => file.endsWith(partOf('.gguf')))
  const sizes = parts.map(
    async (part) => [part.slice(0, -partOf('').length), await sizeOf(join(dir, part))] as const,
  )
  return new Map((await Promise.all(sizes)).filter(([, bytes]) => bytes > 0))
}
