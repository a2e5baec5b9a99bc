import { isDeepStrictEqual } from 'node:util'
import { loadable } from '../engine/memory-budget.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'
import { orAborted } from '../types/or-aborted.ts'

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

/** What keeping the card in step with the models needs. */
export interface ModelCardNeeds {
  readonly modelMemory: ModelMemory
  readonly models: {
    present(): ReadonlyArray<{ readonly sha256: string; readonly bytes: number }>
    refresh(signal: AbortSignal, patience: AbortSignal): Promise<void>
    /** Resolves when what is being read now has been; never where nothing is. */
    whenRead(): Promise<void>
  }
  /** Tells others what can be run here. Rejects where the card cannot be written for now. */
  readonly publish: (signal: AbortSignal) => Promise<void>
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'warn'>
}

/** Keeps the models on the card in step with those that can be run here, until it is disposed. */
export interface ModelCard extends Disposable {
  /**
   * Something has come or gone. Resolves when the card says so, or else soon: what could not be written is written at a later
   * look. Never rejects, since what was done with a file stays done.
   */
  changed(signal: AbortSignal): Promise<void>
}

/**
 * Looks now and then whether the card names what can be run here: a model may have been kept off it for want of memory, because
 * its file could not be looked at, or because the card could not be written; and a file may have been taken away.
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

  /** Once less is free than there was, a model stays on the card: only its file's end takes it off. */
  #fitting(budget: number): Set<string> {
    return new Set(loadable(this.#needs.models.present(), budget).map(({ sha256 }) => sha256))
  }

  /** One after the other, so that the last one has it as it is. Never rejects. */
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
        // What was being read may have been: without a pause it would be looked at over and over.
        await clock.sleep(limits.models_look_ms, signal).catch(() => undefined)
        continue
      }
      const here = this.#fitting(modelMemory.most())
      if (!isDeepStrictEqual(here, this.#told)) await this.#write()
    }
  }

  /** Resolves after a while, and sooner where a file that was being read has been, or this ends. */
  async #untilLook(): Promise<void> {
    const { clock, models } = this.#needs
    const over = new AbortController()
    const either = AbortSignal.any([this.#ending.signal, over.signal])
    await Promise.race([clock.sleep(limits.models_look_ms, either), models.whenRead()]).catch(() => undefined)
    over.abort()
  }
}
