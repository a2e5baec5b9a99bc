/** Runs the pulls of models, and remembers those that were paused or have failed. */
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { catalogue, isNamed } from '../../models/catalogue.ts'
import { type ModelEntry, unknownEntry } from '../../models/entries.ts'
import { fileIdOf, isAskedFor } from '../../models/file-id.ts'
import type { ModelPeers } from '../../models/sources/pull.ts'
import type { ModelStore } from '../../models/store.ts'
import type { ModelView } from '../../operations/context.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import { Speed } from './speed.ts'

/** Parts of the daemon that pulls use. */
export interface PullsNeeds {
  readonly store: Pick<ModelStore, 'pull'>
  readonly peers: ModelPeers
  readonly emit: Emit
  /** Ends the pulls that nobody waits for. */
  readonly signal: AbortSignal
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
}

/** A pull under the name that was asked for; its file is null until it is known. */
interface Pull {
  readonly asked: string
  file: string | null
}

interface RunningPull extends Pull {
  readonly speed: Speed
  readonly pause: AbortController
  readonly ended: PromiseWithResolvers<void>
  at: { readonly bytes: number; readonly total: number | null; readonly source: string | null }
  toldAt: number
}

/** A pull that was paused, where the problem is null, or that has failed. */
interface EndedPull extends Pull {
  readonly problem: ModelView['pull_problem']
}

/** The facts that pulls add to a model. */
type PullFacts = Pick<ModelView, 'pulling' | 'pull_as' | 'pull_problem'>

/** The pulls of a daemon. */
export class Pulls {
  readonly #needs: PullsNeeds
  readonly #now: () => number
  readonly #running = new Set<RunningPull>()
  /** By the key of the name that was asked for, the oldest first. */
  readonly #ended = new Map<string, EndedPull>()

  constructor(needs: PullsNeeds) {
    this.#needs = needs
    this.#now = needs.now ?? (() => performance.now())
  }

  /** Pulls a model and waits for it. Rejects as `ModelStore.pull` does, and with `RIPPLE_MODEL_PAUSED`. */
  async run(asked: string, signal: AbortSignal, onBegin: () => void = () => {}): Promise<ModelEntry> {
    const { store, peers, emit } = this.#needs
    const own: RunningPull = {
      ...{ asked, file: null, speed: new Speed(), pause: new AbortController() },
      ...{ ended: Promise.withResolvers(), toldAt: Number.NEGATIVE_INFINITY },
      at: { bytes: 0, total: null, source: null },
    }
    this.#running.add(own)
    this.#ended.delete(keyOf(asked))
    this.#tell(own)
    const onProgress = (bytes: number, total: number | null, source: string): void => {
      this.#progressed(own, { bytes, total, source })
      onBegin()
    }
    const onFile = (file: string): void => {
      own.file = file
    }
    const note = (text: string): void => emit({ type: 'model_note', text })
    try {
      const until = AbortSignal.any([signal, own.pause.signal])
      const pulled = await store.pull(asked, { onProgress, onFile, note, peers }, until)
      emit({ type: 'model_pulled', sha256: pulled.sha256, name: pulled.name })
      return pulled
    } catch (thrown) {
      this.#noteEnd(own, thrown, signal.aborted || own.pause.signal.aborted)
      throw thrown
    } finally {
      this.#running.delete(own)
      own.ended.resolve()
    }
  }

  /**
   * Begins a pull that nobody needs to wait for, unless it runs. Resolves once the first bytes come or the model is here, and
   * rejects as `run` does if it fails before.
   */
  async begin(asked: string): Promise<void> {
    if (this.#runningOf(asked).length > 0) return
    const begun = Promise.withResolvers<void>()
    const whole = this.run(asked, this.#needs.signal, begun.resolve)
    whole.catch(() => {})
    await Promise.race([begun.promise, whole])
  }

  /** Ends the pulls of a model, and resolves once their bytes are stored: to the bytes, or to null if none ran. */
  async pause(asked: string): Promise<number | null> {
    const pulls = this.#runningOf(asked)
    for (const { pause, asked: model } of pulls)
      pause.abort(new RippleError('RIPPLE_MODEL_PAUSED', { model }))
    await Promise.all(pulls.map(({ ended }) => ended.promise))
    return pulls.length === 0 ? null : Math.max(...pulls.map(({ at }) => at.bytes))
  }

  /** Forgets the paused and failed pulls of a file. */
  forget(file: string): void {
    for (const [key, pull] of this.#ended) if (pull.file === file) this.#ended.delete(key)
  }

  /** Returns the state of a model's pull. */
  of(entry: ModelEntry): PullFacts {
    const isListed = catalogue.some(({ file }) => file === entry.file)
    const running = [...this.#running].find((pull) => isPullOf(pull, entry))
    const ended = [...this.#ended.values()].find((pull) => isPullOf(pull, entry))
    const pull_as = running?.asked ?? ended?.asked ?? (isListed ? entry.name : null)
    // Another process may have fetched the file since.
    const pull_problem = entry.present ? null : (ended?.problem ?? null)
    return { pulling: running ? this.#view(running) : null, pull_as, pull_problem }
  }

  /** Lists the running pulls of files that are not on the list yet, under the name that was asked for. */
  others(entries: readonly ModelEntry[]): Array<ModelEntry & PullFacts> {
    const others = [...this.#running].filter((pull) => !entries.some((entry) => isPullOf(pull, entry)))
    return others.map((pull) => ({
      ...{ ...unknownEntry, name: pull.asked, sha256: sha256Of(pull.asked), bytes: pull.at.total },
      ...{ pulling: this.#view(pull), pull_as: pull.asked, pull_problem: null },
    }))
  }

  #runningOf(asked: string): RunningPull[] {
    return [...this.#running].filter((pull) => keyOf(pull.asked) === keyOf(asked))
  }

  #view({ at, speed }: RunningPull): NonNullable<ModelView['pulling']> {
    return { ...at, bytes_per_s: speed.at(this.#now()) }
  }

  #progressed(pull: RunningPull, at: RunningPull['at']): void {
    const now = this.#now()
    const isNew = at.source !== pull.at.source
    pull.at = at
    pull.speed.came(at.bytes, now, isNew)
    if (isNew || now - pull.toldAt >= limits.progress_every_ms) this.#tell(pull)
  }

  #tell(pull: RunningPull): void {
    pull.toldAt = this.#now()
    this.#needs.emit({ type: 'model_progress', name: pull.asked, ...pull.at })
  }

  #noteEnd({ asked, file, at }: RunningPull, thrown: unknown, isPaused: boolean): void {
    const { emit } = this.#needs
    if (isPaused) emit({ type: 'model_paused', name: asked, bytes: at.bytes })
    else emit({ type: 'model_unpulled', name: asked, ...failureOf(thrown) }, thrown)
    // Nothing was fetched of a name without a file.
    if (file === null) return
    const { code, message, hint } = toRippleError(thrown)
    this.#ended.set(keyOf(asked), { asked, file, problem: isPaused ? null : { code, message, hint } })
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > limits.model_pulls_noted_max && oldest !== undefined) this.#ended.delete(oldest)
  }
}

/** Returns the same key for all names of one file. */
function keyOf(asked: string): string {
  return fileIdOf(asked) ?? catalogue.find((model) => isNamed(model, asked))?.sha256 ?? asked.toLowerCase()
}

function isPullOf({ asked, file }: Pull, entry: ModelEntry): boolean {
  return file === null ? isAskedFor(entry, asked) : file === entry.file
}

/** Returns the sha256 that a name is; null for other names. */
export function sha256Of(asked: string): string | null {
  const id = fileIdOf(asked)
  return id !== null && /^[0-9a-f]{64}$/.test(id) ? id : null
}
