import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KnownModel } from '../../../host/inference/names.ts'
import { payloadOf } from '../../../host/inference/payload-of.ts'
import { limits } from '../../../host/limits.ts'
import { inferencePayload } from '../../../host/types/inference.ts'
import { asking } from './plane.ts'

const model: KnownModel = { name: 'm', digest: 'a'.repeat(64), context_tokens: 8_192, at: [] }
const never = () => {
  throw new RangeError('a seed was named')
}

describe('what a worker gets of an ask', () => {
  test('is the ask, with a seed and a context', () => {
    const ask = asking({ seed: 7, stop: ['.'], temperature_milli: 700, top_k: 40, max_tokens: 16 })
    expect(payloadOf(ask, model, never)).toEqual({
      input: ask.input,
      format: ask.format,
      stop: ['.'],
      penalties: ask.penalties,
      parameters: {
        max_tokens: 16,
        temperature_milli: 700,
        top_p_milli: 1_000,
        top_k: 40,
        context_tokens: limits.context_tokens_min,
      },
      seed: 7,
    })
    expect(payloadOf(asking(), model, () => 12).seed).toBe(12)
    // Zero is a seed as well.
    expect(payloadOf(asking({ seed: 0 }), model, never).seed).toBe(0)
  })

  test('has room for so many tokens where no number was named, and one where texts are embedded', () => {
    const tokens = (changes: Parameters<typeof asking>[0]) =>
      payloadOf(asking(changes), model, () => 1).parameters.max_tokens
    expect(tokens({ max_tokens: null })).toBe(limits.answer_tokens_default)
    expect(tokens({ max_tokens: 0 })).toBe(0)
    expect(tokens({ max_tokens: 50, input: { type: 'embed', texts: ['a'] } })).toBe(1)
  })

  test('has a context that holds prompt and answer, or all that the model has; of few sizes', () => {
    const size = fc.record({ text: fc.string({ maxLength: 9_000 }), max_tokens: fc.nat(4_096) })
    fc.assert(
      fc.property(size, fc.integer({ min: 512, max: 40_000 }), ({ text, max_tokens }, context_tokens) => {
        const ask = asking({ input: { type: 'text', text, template: 'auto' }, max_tokens })
        const payload = payloadOf(ask, { ...model, context_tokens }, () => 1)
        const context = payload.parameters.context_tokens
        // No tokenizer makes more tokens of a text than it has bytes.
        const needed = Buffer.byteLength(text) + max_tokens + limits.template_tokens
        expect(context).toBeLessThanOrEqual(context_tokens)
        if (context < context_tokens) {
          expect(context).toBeGreaterThanOrEqual(needed)
          expect(Math.log2(context) % 1).toBe(0)
        }
        expect(inferencePayload.safeParse(payload).success).toBe(true)
      }),
    )
  })
})
