import { loadable } from '../engine/memory-budget.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'

/**
 * The most memory that models could have had since the start, in bytes. A card goes by it: what is free changes by the minute, and
 * a card that went along would be written each time.
 */
export class ModelMemory {
  readonly #now: () => number
  #most = 0

  /** `now` is what models could have at the moment. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Looks again. */
  most(): number {
    this.#most = Math.max(this.#most, this.#now())
    return this.#most
  }

  /** By the looks so far. */
  get seen(): number {
    return this.#most
  }
}

/** What watching the models needs. */
export interface ModelsWatch {
  readonly modelMemory: ModelMemory
  readonly models: {
    present(): ReadonlyArray<{ readonly sha256: string; readonly bytes: number }>
    scanUnread(signal: AbortSignal, patience: AbortSignal): Promise<void>
  }
  /** Called when there are more models that can be run here; they stay on the card then. */
  readonly changed: (signal: AbortSignal) => Promise<void>
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'warn'>
}

/**
 * Looks now and then whether there are models that can be run here and are not on the card: for want of memory, or because their
 * files could not be looked at. Until it is disposed.
 */
export function watchModels(needs: ModelsWatch): Disposable {
  const ending = new AbortController()
  void watch(needs, ending.signal)
  return { [Symbol.dispose]: () => ending.abort() }
}

async function watch(
  { modelMemory, models, changed, clock, log }: ModelsWatch,
  signal: AbortSignal,
): Promise<void> {
  const fitting = (budget: number): Set<string> =>
    new Set(loadable(models.present(), budget).map(({ sha256 }) => sha256))
  let told = fitting(modelMemory.seen)
  for (;;) {
    await clock.sleep(limits.models_look_ms, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      await models.scanUnread(signal, AbortSignal.timeout(limits.model_list_wait_ms))
      const here = fitting(modelMemory.most())
      if ([...here].some((sha256) => !told.has(sha256))) await changed(signal)
      told = here
    } catch (thrown) {
      if (!signal.aborted) log.warn({ err: toRippleError(thrown) }, 'the card does not name a model yet')
    }
  }
}
