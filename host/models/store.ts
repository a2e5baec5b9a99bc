import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { type CatalogueModel, catalogue, findModel } from './catalogue.ts'
import { FolderFacts } from './facts.ts'
import { readGgufFacts } from './gguf.ts'
import { type PullOptions, pullModel } from './pull.ts'

/** A model whose file is here and is what it should be. */
export interface StoredModel {
  readonly name: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  readonly path: string
  readonly bytes: number
  /** Tokens that it reads at most. */
  readonly context_tokens: number
  readonly chat_template: 'own' | 'none'
}

/** A model as people see it: of the catalogue, or a file that they put into the folder. */
export interface ModelEntry {
  readonly name: string
  /** sha256 of the file; empty while it is not known, which is until the first download of an unpinned model. */
  readonly sha256: string
  /** Size of the file; 0 while it is not known. */
  readonly bytes: number
  readonly licence: string
  readonly context_tokens: number
  readonly present: boolean
  readonly path: string | null
}

/**
 * The models folder. Besides the catalogue's files it may hold any GGUF that the user puts there: its name is then
 * its file's, without the ending.
 */
export class ModelStore {
  readonly #dir: string
  readonly #facts: FolderFacts
  #present: readonly StoredModel[] = []
  #problems: readonly RippleError[] = []

  private constructor(dir: string) {
    this.#dir = dir
    this.#facts = new FolderFacts(dir)
  }

  /** Opens the folder (made where it is missing) and looks what is there. */
  static async open(dir: string, signal: AbortSignal): Promise<ModelStore> {
    const store = new ModelStore(dir)
    await store.scan(signal)
    return store
  }

  /** Models that can be run, by the last look, the catalogue's order first. An engine's `models`. */
  readonly present = (): readonly StoredModel[] => this.#present

  /** What is wrong with files of the folder: `RIPPLE_MODEL_CHECKSUM` or `RIPPLE_MODEL_CORRUPT`. They are not offered. */
  get problems(): readonly RippleError[] {
    return this.#problems
  }

  /** Looks again. Files that have not changed are not read. */
  async scan(signal: AbortSignal): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const here = (await readdir(this.#dir)).filter((name) => name.endsWith('.gguf'))
    const known = catalogue.map((model) => model.file).filter((file) => here.includes(file))
    const own = here.filter((file) => !known.includes(file)).sort()
    const present: StoredModel[] = []
    const problems: RippleError[] = []
    for (const file of [...known, ...own]) {
      try {
        present.push(await this.#read(file, signal))
      } catch (error) {
        signal.throwIfAborted()
        problems.push(toRippleError(error))
      }
    }
    this.#present = present
    this.#problems = problems
  }

  /** The model of that name that is here. Throws `RIPPLE_MODEL_MISSING`, or `RIPPLE_MODEL_UNKNOWN`. */
  find(name: string): StoredModel {
    const found = this.#present.find((model) => model.name.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found
    throw new RippleError('RIPPLE_MODEL_MISSING', { model: findModel(name).name })
  }

  /** The catalogue, and what else is here. */
  async list(signal: AbortSignal): Promise<ModelEntry[]> {
    await this.scan(signal)
    const names = new Set(catalogue.map((model) => model.name))
    const own = this.#present.filter((model) => !names.has(model.name))
    return [...catalogue.map((model) => this.#entry(model)), ...own.map(ownEntry)]
  }

  /** Fetches one of the catalogue. Rejects as `pullModel` does. */
  async pull(
    name: string,
    onProgress: NonNullable<PullOptions['onProgress']>,
    signal: AbortSignal,
  ): Promise<ModelEntry> {
    const { model } = await pullModel(name, { dir: this.#dir, signal, onProgress })
    await this.scan(signal)
    return this.#entry(model)
  }

  async #read(file: string, signal: AbortSignal): Promise<StoredModel> {
    const path = join(this.#dir, file)
    const { sha256, bytes } = await this.#facts.of(file, signal)
    const model = catalogue.find((one) => one.file === file)
    if (model === undefined)
      return { name: file.slice(0, -'.gguf'.length), sha256, path, bytes, ...(await ownFacts(path, signal)) }
    if (model.sha256 !== null && sha256 !== model.sha256) {
      throw new RippleError('RIPPLE_MODEL_CHECKSUM', { file: path, found: sha256, wanted: model.sha256 })
    }
    const { name, context_tokens, chat_template } = model
    return { name, sha256, path, bytes, context_tokens, chat_template }
  }

  #entry(model: CatalogueModel): ModelEntry {
    const { name, licence, context_tokens } = model
    const here = this.#present.find((stored) => stored.name === name)
    const { sha256, bytes } = here ?? model
    return {
      ...{ name, licence, context_tokens, sha256: sha256 ?? '', bytes: bytes ?? 0 },
      ...{ present: here !== undefined, path: here?.path ?? null },
    }
  }
}

function ownEntry(model: StoredModel): ModelEntry {
  const { name, sha256, bytes, context_tokens, path } = model
  return { name, sha256, bytes, licence: 'unknown', context_tokens, present: true, path }
}

async function ownFacts(
  path: string,
  signal: AbortSignal,
): Promise<Pick<StoredModel, 'context_tokens' | 'chat_template'>> {
  const facts = await readGgufFacts(path, signal)
  if (facts !== null) return facts
  throw new RippleError('RIPPLE_MODEL_CORRUPT', { file: path, detail: 'its head is not that of a GGUF file' })
}
