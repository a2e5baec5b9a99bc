import { limits } from '../limits.ts'
import type { Engine } from './port.ts'

/**
 * Memory that models may take together, in bytes: what the owner gives them, else a share of what is free, which in a container is
 * what its limit leaves.
 */
export function memoryBudget(owners: number | null, free: number = process.availableMemory()): number {
  return owners ?? Math.floor(free * limits.engine_memory_share)
}

/** Those of models that could be loaded at all: the weights of one whose file is longer than the budget never fit. */
export function loadable<T extends { readonly bytes: number }>(models: readonly T[], budget: number): T[] {
  return models.filter(({ bytes }) => bytes <= budget)
}

/** Estimate of a large context's memory beside the weights: a share of the file's size, and some bytes. */
const CONTEXT_SHARE = 0.5
const CONTEXT_BYTES = 128 * 1024 * 1024

/**
 * Returns the least context of an answer that may be long, in tokens. 0 where the model may not fit into the budget with it: then a
 * smaller context leaves room for a short answer.
 */
export function answerContext(fileBytes: number, budget: number): number {
  return fileBytes * (1 + CONTEXT_SHARE) + CONTEXT_BYTES <= budget ? limits.answer_context_tokens : 0
}

/**
 * Memory that a model could have now, in bytes: no more than the engine keeps to, and than there is once it has unloaded all
 * others, which it does for a model that needs theirs. `available` is what programs could have, or null where that is not known;
 * null where nothing bounds it.
 */
export function memoryForModel(
  engine: Pick<Engine, 'loaded' | 'memoryBudget'>,
  available: number | null,
): number | null {
  const loaded = engine.loaded().reduce((sum, { bytes }) => sum + bytes, 0)
  const there = available === null ? Number.POSITIVE_INFINITY : available + loaded
  const most = Math.min(there, engine.memoryBudget())
  return Number.isFinite(most) ? most : null
}
