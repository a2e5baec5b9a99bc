import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerContext } from '../../../host/engine/memory-budget.ts'
import type { KnownModel } from '../../../host/inference/names.ts'
import { payloadOf } from '../../../host/inference/payload-of.ts'
import { limits } from '../../../host/limits.ts'
import { inferencePayload } from '../../../host/types/inference.ts'
import { asking } from './plane.ts'

const model: KnownModel = { name: 'm', digest: 'a'.repeat(64), context_tokens: 8_192, at: [] }
const never = () => {
  throw new RangeError('a seed was named')
}

describe('the payload of an ask', () => {
  test('a payload is the ask with a seed and a context', () => {
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

  test("a payload without a token bound has the context's tokens, and an embedding one", () => {
    const tokens = (changes: Parameters<typeof asking>[0]) =>
      payloadOf(asking(changes), model, () => 1).parameters.max_tokens
    expect(tokens({ max_tokens: null })).toBe(model.context_tokens)
    expect(tokens({ max_tokens: 0 })).toBe(0)
    expect(tokens({ max_tokens: 50, input: { type: 'embed', texts: ['a'] } })).toBe(1)
  })

  test("a payload without a bound, or with a larger one, has the model's context", () => {
    const sizes = (max_tokens: number | null, most = 8_192, cap: number | null = null) =>
      payloadOf(asking({ max_tokens }), { ...model, context_tokens: most }, () => 1, {
        tokensMax: cap,
        contextTokens: answerContext(1_000, 2 ** 30),
      }).parameters
    for (const wanted of [null, 32_000, limits.max_tokens_max])
      expect(sizes(wanted)).toMatchObject({ max_tokens: 8_192, context_tokens: 8_192 })
    expect(sizes(null, 512)).toMatchObject({ max_tokens: 512, context_tokens: 512 })
    expect(sizes(5_000)).toMatchObject({ max_tokens: 5_000, context_tokens: 8_192 })
    // A larger context would waste memory: no run has the time to fill it.
    expect(sizes(null, 131_072).context_tokens).toBe(limits.answer_context_tokens)
    expect(sizes(32_000, 131_072).context_tokens).toBe(limits.answer_context_tokens)
    // The owner's cap bounds what was not asked for; what was is refused by the policy.
    expect(sizes(null, 8_192, 300)).toMatchObject({ max_tokens: 300, context_tokens: 2_048 })
    expect(sizes(400, 8_192, 300).max_tokens).toBe(400)
  })

  test('a payload has a small context with room for an answer if memory is short', () => {
    const bounds = { tokensMax: null, contextTokens: answerContext(2e9, 3e9) }
    const sizes = (max_tokens: number | null) =>
      payloadOf(asking({ max_tokens }), { ...model, context_tokens: 131_072 }, () => 1, bounds).parameters
    expect(sizes(null)).toMatchObject({ max_tokens: 2_048, context_tokens: 2_048 })
    expect(sizes(32_000)).toMatchObject({ max_tokens: 8_192, context_tokens: 8_192 })
    expect(answerContext(2e9, 4e9)).toBe(limits.answer_context_tokens)
  })

  test('a payload has room for an answer after a long prompt', () => {
    const long = { type: 'text', text: 'x'.repeat(30_000), template: 'auto' } as const
    for (const max_tokens of [null, 32_000]) {
      const most = { ...model, context_tokens: 131_072 }
      const { parameters } = payloadOf(asking({ max_tokens, input: long }), most, () => 1)
      expect(parameters.context_tokens - 30_000).toBeGreaterThan(limits.answer_tokens_sure.unnamed)
    }
  })

  test("a payload's context holds prompt and answer or is the model's, in few sizes", () => {
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
