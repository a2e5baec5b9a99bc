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

/** What watching the memory of models needs. */
export interface MemoryWatch {
  readonly modelMemory: ModelMemory
  readonly models: { present(): ReadonlyArray<{ readonly bytes: number }> }
  readonly registry: {
    publish(signal: AbortSignal): Promise<void>
    readonly presence: { beatNow(): void }
  }
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'warn'>
}

/** Writes the card anew when there is memory for a model for which there never was; it stays on it then. Until it is disposed. */
export function watchModelMemory(needs: MemoryWatch): Disposable {
  const ending = new AbortController()
  void watch(needs, ending.signal)
  return { [Symbol.dispose]: () => ending.abort() }
}

async function watch(
  { modelMemory, models, registry, clock, log }: MemoryWatch,
  signal: AbortSignal,
): Promise<void> {
  let behind = false
  for (;;) {
    await clock.sleep(limits.model_memory_look_ms, signal).catch(() => undefined)
    if (signal.aborted) return
    const fitting = loadable(models.present(), modelMemory.seen)
    behind ||= loadable(models.present(), modelMemory.most()).length > fitting.length
    if (!behind) continue
    try {
      await registry.publish(signal)
      registry.presence.beatNow()
      behind = false
    } catch (thrown) {
      if (!signal.aborted) log.warn({ err: toRippleError(thrown) }, 'the card does not name a model yet')
    }
  }
}
