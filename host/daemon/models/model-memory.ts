/** Keeps the models on this machine's card up to date with its memory and files. */
import { isDeepStrictEqual } from 'node:util'
import { loadable } from '../../engine/memory-budget.ts'
import { limits } from '../../limits.ts'
import type { FolderIndex } from '../../models/folder/folder-index.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Clock } from '../../types/clock.ts'

/**
 * Returns a function that measures again and returns the most so far, in bytes. `now` returns the memory that models could
 * have at the moment. The card uses the most since the start, because free memory changes by the minute.
 */
export function mostMemory(now: () => number): () => number {
  let most = 0
  return () => {
    most = Math.max(most, now())
    return most
  }
}

/** Parts of the daemon that keep the card up to date. */
export interface ModelCardNeeds {
  /** The most memory that models could have had since the start, in bytes. */
  readonly modelMemory: () => number
  /** Whether the engine runs on a GPU. */
  readonly hasGpu: () => boolean
  readonly models: {
    present(): ReadonlyArray<{ readonly sha256: string; readonly bytes: number }>
    readonly index: Pick<FolderIndex, 'look' | 'onChange'>
  }
  /** Publishes the models that can be run here. Rejects if the card cannot be written for now. */
  readonly publish: (signal: AbortSignal) => Promise<void>
  readonly clock: Pick<Clock, 'sleep'>
  readonly emit: Emit
}

/**
 * Writes the card when the models change that can be run here, or the GPU has failed, until it is disposed. A periodic look
 * finds changed files and more free memory, and retries a write that failed. Less free memory leaves a model on the card; only
 * the removal of its file takes it off.
 */
export function keepModelCard({
  modelMemory,
  hasGpu,
  models,
  publish,
  clock,
  emit,
}: ModelCardNeeds): Disposable {
  const ending = new AbortController()
  const { signal } = ending
  const warn = (event: { type: 'card_unwritten' } | { type: 'models_unread' }) => (thrown: unknown) => {
    if (!signal.aborted) emit({ ...event, ...failureOf(thrown) }, thrown)
  }
  /** The sha256 of the models that the card names, and whether it names a GPU; null where not known, as at the start. */
  let told: { readonly models: ReadonlySet<string>; readonly gpu: boolean } | null = null
  let last: Promise<void> = Promise.resolve()
  const write = async (): Promise<void> => {
    const can = loadable(models.present(), modelMemory())
    const here = { models: new Set(can.map(({ sha256 }) => sha256)), gpu: hasGpu() }
    if (signal.aborted || isDeepStrictEqual(here, told)) return
    told = null
    await publish(signal)
    told = here
  }
  const queue = (): void => {
    // One write after the other, so that the last one has the newest state.
    last = last.then(write).catch(warn({ type: 'card_unwritten' }))
  }
  const off = models.index.onChange(queue)
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(limits.models_look_ms, signal)
      await models.index.look().then(queue, warn({ type: 'models_unread' }))
    }
  }
  watch().catch(() => {})
  return {
    [Symbol.dispose]: () => {
      off()
      ending.abort()
    },
  }
}
