import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { payloadOf } from '../../../host/inference/payload-of.ts'
import { PromptCache } from '../../../host/inference/prompt-cache.ts'
import { limits } from '../../../host/limits.ts'
import type { AnswerEnd, Ask } from '../../../host/types/answer.ts'
import { asking } from './plane.ts'

const digest = 'a'.repeat(64)
const model = { name: 'm', digest, context_tokens: 2_048, at: [] }
const payload = (changes: Partial<Ask> = {}) => payloadOf(asking({ seed: 1, ...changes }), model, () => 1)

function end(text: string): AnswerEnd {
  const usage = { tokens_in: 1, tokens_out: 1 }
  const plain = { task: null, receipt: null, peer: null, why: '' }
  return { text, finish: 'stop', usage, model: 'm', model_digest: digest, route: 'mesh', ...plain }
}

describe('the prompt cache', () => {
  test('the prompt cache finds an answer to the same model, parameters and prompt alone', () => {
    const cache = new PromptCache()
    cache.keep(digest, payload(), end('kept'))
    expect(cache.find(digest, payload())?.text).toBe('kept')
    const others: Partial<Ask>[] = [
      { input: { type: 'text', text: 'Say something!', template: 'auto' } },
      { input: { type: 'text', text: 'Say something.', template: 'none' } },
      { seed: 2 },
      { max_tokens: 9 },
      { temperature_milli: 1 },
      { top_p_milli: 999 },
      { top_k: 1 },
      { stop: ['.'] },
      { format: { type: 'json' } },
      { penalties: { frequency_milli: 1, presence_milli: 0 } },
    ]
    for (const other of others) expect(cache.find(digest, payload(other))).toBeNull()
    expect(cache.find('b'.repeat(64), payload())).toBeNull()
    expect(cache.figures()).toEqual({ entries: 1, hits: 1, misses: others.length + 1 })
  })

  test('the prompt cache ignores the order of fields', () => {
    const cache = new PromptCache()
    const first = payload()
    cache.keep(digest, first, end('kept'))
    const turned = Object.fromEntries(Object.entries(first).reverse()) as unknown as typeof first
    expect(cache.find(digest, turned)?.text).toBe('kept')
  })

  test('the prompt cache forgets an answer after its lifetime', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const cache = new PromptCache()
    cache.keep(digest, payload(), end('kept'))
    vi.advanceTimersByTime(limits.prompt_cache_ttl_ms - 1)
    expect(cache.find(digest, payload())?.text).toBe('kept')
    vi.advanceTimersByTime(2)
    expect(cache.find(digest, payload())).toBeNull()
  })

  test('the prompt cache keeps the newest answers within its bound', () => {
    const cache = new PromptCache()
    const third = 'x'.repeat(Math.ceil(limits.prompt_cache_chars_max / 3))
    for (const seed of [1, 2, 3]) cache.keep(digest, payload({ seed }), end(third))
    expect(cache.find(digest, payload({ seed: 1 }))).toBeNull()
    expect(cache.find(digest, payload({ seed: 3 }))?.text.length).toBe(third.length)
    cache.keep(digest, payload({ seed: 4 }), end('x'.repeat(limits.prompt_cache_chars_max)))
    expect(cache.find(digest, payload({ seed: 4 }))).toBeNull()
    expect(cache.find(digest, payload({ seed: 3 }))?.text.length).toBe(third.length)
    // An empty answer is one as well.
    cache.keep(digest, payload({ seed: 5 }), end(''))
    expect(cache.find(digest, payload({ seed: 5 }))?.text).toBe('')
  })
})
