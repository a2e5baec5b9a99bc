/** Keeps the models on this machine's card up to date with its memory and files. */
import { isDeepStrictEqual } from 'node:util'
import { loadable } from '../engine/memory-budget.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'
import { orAborted } from '../types/or-aborted.ts'

/**
 * The most memory that models could have had since the start, in bytes. The card uses it, because free memory changes
 * by the minute and would make the card change each time.
 */
export class ModelMemory {
  readonly #now: () => number
  #most = 0

  /** `now` returns the memory that models could have at the moment, in bytes. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Measures again, and returns the most so far. */
  most(): number {
    this.#most = Math.max(this.#most, this.#now())
    return this.#most
  }

  /** The most so far, without a new measurement. */
  get seen(): number {
    return this.#most
  }
}

/** Parts of the daemon that keep the card up to date. */
export interface ModelCardNeeds {
  readonly modelMemory: ModelMemory
  readonly models: {
    present(): ReadonlyArray<{ readonly sha256: string; readonly bytes: number }>
    refresh(signal: AbortSignal, patience: AbortSignal): Promise<void>
    /** Resolves when the current read of a file has ended; never if nothing is being read. */
    whenRead(): Promise<void>
  }
  /** Publishes the models that can be run here. Rejects if the card cannot be written for now. */
  readonly publish: (signal: AbortSignal) => Promise<void>
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'warn'>
}

/** Keeps the card's models up to date with those that can be run here, until it is disposed. */
export interface ModelCard extends Disposable {
  /**
   * Handles a model that was added or removed. Resolves once the card says so, or soon otherwise; a later look then
   * retries the write. Never rejects, since the change to the file stays done.
   */
  changed(signal: AbortSignal): Promise<void>
}

/**
 * Checks periodically whether the card names the models that can be run here. A model may be missing from the card for
 * want of memory, because its file could not be read, or because the card could not be written. A file may also have
 * been removed.
 */
export function keepModelCard(needs: ModelCardNeeds): ModelCard {
  return new KeptCard(needs)
}

class KeptCard implements ModelCard {
  readonly #needs: ModelCardNeeds
  readonly #ending = new AbortController()
  /** sha256 of the models that the card names; null where that is not known. */
  #told: ReadonlySet<string> | null
  #writing: Promise<void> = Promise.resolve()

  constructor(needs: ModelCardNeeds) {
    this.#needs = needs
    this.#told = this.#fitting(needs.modelMemory.seen)
    void this.#watch()
  }

  async changed(signal: AbortSignal): Promise<void> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(limits.model_card_wait_ms)])
    await orAborted(this.#write(), patience).catch(() => {})
  }

  [Symbol.dispose](): void {
    this.#ending.abort()
  }

  /**
   * Returns the models that fit. Less free memory leaves a model on the card; only the removal of its file takes it
   * off.
   */
  #fitting(budget: number): Set<string> {
    return new Set(loadable(this.#needs.models.present(), budget).map(({ sha256 }) => sha256))
  }

  /** Publishes the card, one write after the other, so that the last write has the newest state. Never rejects. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { modelMemory, publish, log } = this.#needs
      const here = this.#fitting(modelMemory.most())
      try {
        await publish(this.#ending.signal)
        this.#told = here
      } catch (thrown) {
        this.#told = null
        if (!this.#ending.signal.aborted)
          log.warn({ err: toRippleError(thrown) }, 'the card does not name the models of this machine yet')
      }
    })
    return this.#writing
  }

  async #watch(): Promise<void> {
    const { modelMemory, models, clock, log } = this.#needs
    const { signal } = this.#ending
    for (;;) {
      await this.#untilLook()
      if (signal.aborted) return
      try {
        await models.refresh(signal, AbortSignal.timeout(limits.model_list_wait_ms))
      } catch (thrown) {
        if (!signal.aborted) log.warn({ err: toRippleError(thrown) }, 'the models could not be looked at')
        // The read may have ended: without a pause this loop would spin.
        await clock.sleep(limits.models_look_ms, signal).catch(() => undefined)
        continue
      }
      const here = this.#fitting(modelMemory.most())
      if (!isDeepStrictEqual(here, this.#told)) await this.#write()
    }
  }

  /** Waits for a while; ends sooner if a file's read has ended or this object is disposed. */
  async #untilLook(): Promise<void> {
    const { clock, models } = this.#needs
    const over = new AbortController()
    const either = AbortSignal.any([this.#ending.signal, over.signal])
    await Promise.race([clock.sleep(limits.models_look_ms, either), models.whenRead()]).catch(() => undefined)
    over.abort()
  }
}
