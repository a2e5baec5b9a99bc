/** Caches answers that would be the same again. */
import { LRUCache } from 'lru-cache'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { limits } from '../limits.ts'
import type { AnswerEnd } from '../types/answer.ts'
import type { InferencePayload } from '../types/inference.ts'
import type { Json } from '../types/json.ts'
import type { ProviderAsk } from './payload-of.ts'

/** A question to a model or to a provider. */
type Asked = InferencePayload | ProviderAsk

/** Counts of hits and misses. */
export interface CacheFigures {
  readonly entries: number
  readonly hits: number
  readonly misses: number
}

/**
 * Answers to asks with a seed, by model, parameters and prompt (memory_policy's `prompt_cache` limits time and number). They stay
 * in memory alone, because prompts and answers are private.
 */
export class PromptCache {
  readonly #answers: LRUCache<string, AnswerEnd>
  #hits = 0
  #misses = 0

  constructor(now: () => number = Date.now) {
    this.#answers = new LRUCache({
      max: limits.prompt_cache_entries_max,
      maxSize: limits.prompt_cache_chars_max,
      sizeCalculation: ({ text }) => text.length + 1,
      ttl: limits.prompt_cache_ttl_ms,
      perf: { now },
    })
  }

  /** Returns an answer to exactly this ask, or null. `model` is a sha256, or the name of a provider's model. */
  find(model: string, asked: Asked): AnswerEnd | null {
    const found = this.#answers.get(keyOf(model, asked))
    if (found) this.#hits += 1
    else this.#misses += 1
    return found ?? null
  }

  keep(model: string, asked: Asked, end: AnswerEnd): void {
    this.#answers.set(keyOf(model, asked), end)
  }

  figures(): CacheFigures {
    return { entries: this.#answers.size, hits: this.#hits, misses: this.#misses }
  }
}

function keyOf(model: string, asked: Asked): string {
  return sha256Hex(model, canonicalJson(asked as unknown as Json))
}
