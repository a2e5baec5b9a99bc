/** Computes how much memory models may take. */
import { limits } from '../limits.ts'
import type { Engine } from './port.ts'

/**
 * Returns the memory that models may take together, in bytes: the owner's setting, else a share of the free memory. In a
 * container, the free memory is the rest of its limit.
 */
export function memoryBudget(owners: number | null, free: number = process.availableMemory()): number {
  return owners ?? Math.floor(free * limits.engine_memory_share)
}

/** Returns the models that could be loaded at all. The weights of a model whose file is larger than the budget never fit. */
export function loadable<T extends { readonly bytes: number }>(models: readonly T[], budget: number): T[] {
  return models.filter(({ bytes }) => bytes <= budget)
}

/** Estimate of a large context's memory: a share of the file's size, and a fixed number of bytes. */
const CONTEXT_SHARE = 0.5
const CONTEXT_BYTES = 128 * 1024 * 1024

/**
 * Returns the least context of an answer that may be long, in tokens. It is 0 where the model may not fit into the budget
 * with it: a smaller context then leaves memory for a short answer.
 */
export function answerContext(fileBytes: number, budget: number): number {
  return fileBytes * (1 + CONTEXT_SHARE) + CONTEXT_BYTES <= budget ? limits.answer_context_tokens : 0
}

/**
 * Returns the memory that one model could have now, in bytes; null where nothing bounds it. It is at most the engine's
 * budget, and at most the memory that is free once all others are unloaded. The engine unloads them for a model that needs
 * their memory. `available` is the machine's memory that programs could have, or null where it is not known. That of a GPU
 * is filled first.
 */
export function memoryForModel(
  engine: Pick<Engine, 'gpu' | 'loaded' | 'memoryBudget'>,
  available: number | null,
): number | null {
  const loaded = engine.loaded().reduce((sum, { bytes }) => sum + bytes, 0)
  const there =
    available === null
      ? Number.POSITIVE_INFINITY
      : available + Math.max(loaded, engine.gpu?.budget_bytes ?? 0)
  const most = Math.min(there, engine.memoryBudget())
  return Number.isFinite(most) ? most : null
}
