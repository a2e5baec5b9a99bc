import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { type CatalogueModel, catalogue, findModel, isNamed } from './catalogue.ts'
import { FolderFacts } from './facts.ts'
import { type GgufFacts, readGgufFacts } from './gguf.ts'
import { dropParts } from './part.ts'
import { type PullOptions, pullFile, pullModel } from './pull.ts'

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

/** How to pull into the store. */
export type StorePull = Pick<PullOptions, 'onProgress' | 'note' | 'peers'>

/** Longest name that is taken over from a peer, in characters. */
const NAME_CHARS_MAX = 100

/**
 * The models folder. Besides the catalogue's files it may hold any GGUF that the user puts there: its name is then
 * its file's, without the ending.
 */
export class ModelStore {
  readonly #dir: string
  readonly #facts: FolderFacts
  /** What the heads of files of the user's own say, by their sha256: reading them takes longer than looking whether they changed. */
  #heads: ReadonlyMap<string, GgufFacts> = new Map()
  #present: readonly StoredModel[] = []
  #problems: readonly RippleError[] = []

  private constructor(dir: string) {
    this.#dir = dir
    this.#facts = new FolderFacts(dir)
  }

  /** The folder. */
  get dir(): string {
    return this.#dir
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
    const heads = new Map<string, GgufFacts>()
    for (const file of [...known, ...own]) {
      try {
        present.push(await this.#read(file, heads, signal))
      } catch (error) {
        signal.throwIfAborted()
        problems.push(toRippleError(error))
      }
    }
    this.#present = present
    this.#problems = problems
    this.#heads = heads
  }

  /** The model of that name that is here. Throws `RIPPLE_MODEL_MISSING`, or `RIPPLE_MODEL_UNKNOWN`. */
  find(name: string): StoredModel {
    const found = this.#present.find((model) => isNamed(model, name))
    if (found !== undefined) return found
    throw new RippleError('RIPPLE_MODEL_MISSING', { model: findModel(name).name })
  }

  /** The catalogue, and what else is here. */
  async list(signal: AbortSignal): Promise<ModelEntry[]> {
    await this.scan(signal)
    return this.#entries()
  }

  /**
   * Fetches a model of the catalogue, or from peers the file that a sha256 or a CID names. Rejects as `pullModel` does, and with
   * `RIPPLE_MODEL_NO_PEER`.
   */
  async pull(name: string, options: StorePull, signal: AbortSignal): Promise<ModelEntry> {
    const given = { ...options, dir: this.#dir, signal }
    const file = fileIdOf(name)
    const listed = catalogue.find((model) => (file === null ? isNamed(model, name) : model.sha256 === file))
    const path =
      file === null || listed !== undefined
        ? (await pullModel(listed?.name ?? name, given)).path
        : await this.#pullFile(file, given)
    await this.scan(signal)
    const entry = this.#entries().find((one) => one.path === path)
    if (entry !== undefined) return entry
    // Whoever named it by its sha256 did not know that it is no model.
    await rm(path, { force: true })
    throw new RippleError('RIPPLE_MODEL_CORRUPT', {
      file: name,
      detail: 'its head is not that of a GGUF file',
    })
  }

  /** Throws away a model's file, also one that is not what it should be. Rejects with `RIPPLE_MODEL_MISSING`, `..._UNKNOWN`. */
  async remove(name: string, signal: AbortSignal): Promise<{ path: string; bytes: number }> {
    const own = this.#present.find((model) => isNamed(model, name))
    const path = own?.path ?? join(this.#dir, findModel(name).file)
    const found = await stat(path).catch(() => null)
    if (found !== null) await rm(path)
    await dropParts(path)
    await this.scan(signal)
    if (found === null)
      throw new RippleError('RIPPLE_MODEL_MISSING', { model: own?.name ?? findModel(name).name })
    return { path, bytes: found.size }
  }

  /** Its holder's name for it, with the beginning of its sha256 where another model is called so here. */
  async #pullFile(file: string, given: PullOptions): Promise<string> {
    if (given.peers === undefined) throw new RippleError('RIPPLE_MODEL_NO_PEER', { model: file })
    const wanted = await given.peers.find(file, given.signal)
    const here = this.#present.find(({ sha256 }) => sha256 === wanted.sha256)
    if (here !== undefined) return here.path
    const plain = wanted.name.replaceAll(/[^\w.-]/g, '_').slice(0, NAME_CHARS_MAX)
    const taken = [...catalogue, ...this.#present].some((model) => isNamed(model, plain))
    const short = wanted.sha256.slice(0, 12)
    const name = plain === '' ? short : taken ? `${plain}-${short}` : plain
    return (await pullFile({ ...wanted, name }, given)).path
  }

  #entries(): ModelEntry[] {
    const names = new Set(catalogue.map((model) => model.name))
    const own = this.#present.filter((model) => !names.has(model.name))
    return [...catalogue.map((model) => this.#entry(model)), ...own.map(ownEntry)]
  }

  async #read(file: string, heads: Map<string, GgufFacts>, signal: AbortSignal): Promise<StoredModel> {
    const path = join(this.#dir, file)
    const { sha256, bytes } = await this.#facts.of(file, signal)
    const model = catalogue.find((one) => one.file === file)
    if (model === undefined) {
      const head = this.#heads.get(sha256) ?? (await readHead(path, signal))
      heads.set(sha256, head)
      return { name: file.slice(0, -'.gguf'.length), sha256, path, bytes, ...head }
    }
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

/** A sha256 or a CID, where the name is one: then it means what is in the file, whatever that is called. */
function fileIdOf(name: string): string | null {
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/.exec(name)?.[1]
  return sha256 ?? (/^b[a-z2-7]{50,80}$/.test(name) ? name : null)
}

function ownEntry(model: StoredModel): ModelEntry {
  const { name, sha256, bytes, context_tokens, path } = model
  return { name, sha256, bytes, licence: 'unknown', context_tokens, present: true, path }
}

async function readHead(path: string, signal: AbortSignal): Promise<GgufFacts> {
  const facts = await readGgufFacts(path, signal)
  if (facts !== null) return facts
  throw new RippleError('RIPPLE_MODEL_CORRUPT', { file: path, detail: 'its head is not that of a GGUF file' })
}
