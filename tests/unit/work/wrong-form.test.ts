import { describe, expect, test } from 'vitest'
import type { InferencePayload } from '../../../host/types/inference.ts'
import { wrongForm } from '../../../host/work/wrong-form.ts'

const asked: InferencePayload = {
  input: { type: 'text', text: 'Give me JSON.', template: 'auto' },
  format: { type: 'json' },
  stop: [],
  penalties: { frequency_milli: 0, presence_milli: 0 },
  parameters: { max_tokens: 16, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 },
  seed: 1,
}
const usage = { tokens_in: 10, tokens_out: 8, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }

const judge = (text: string, changes: Partial<InferencePayload> = {}, spent = {}, goesOn = false) =>
  wrongForm(text, { ...asked, ...changes }, { usage: { ...usage, ...spent } }, goesOn)

describe('an answer that was to be JSON', () => {
  test('is that, or has another form', () => {
    expect(judge('{"primes": [2, 3]}')).toBeNull()
    for (const text of ['', 'primes', '{"primes": [2', '{} {}', '[2, 3]', '2', 'null'])
      expect(judge(text)).toBe('the output is not the JSON that was asked for')
  })

  test('is any document where a schema says which', () => {
    const format = { type: 'schema', schema: { type: 'array' } } as const
    for (const text of ['[2, 3]', 'null', '"a"']) expect(judge(text, { format })).toBeNull()
    expect(judge('[2, 3', { format })).not.toBeNull()
  })

  test('may be cut short: by its last token, by the context, by a stop word, or it went on with another', () => {
    const half = '{"primes": [2'
    expect(judge(half, {}, { tokens_out: 16 })).toBeNull()
    expect(judge(half, {}, { tokens_in: 504 })).toBeNull()
    expect(judge(half, { stop: [']'] })).toBeNull()
    expect(judge(half, {}, {}, true)).toBeNull()
    expect(judge(half)).not.toBeNull()
  })

  test('is any text where none was asked for', () => {
    expect(judge('primes', { format: { type: 'text' } })).toBeNull()
  })
})

describe('an answer that was to be vectors', () => {
  const input = { type: 'embed', texts: ['a', 'b'] } as const
  const embed = (value: unknown) => judge(JSON.stringify(value), { input: { ...input, texts: ['a', 'b'] } })

  test('is one for each text, all of one length', () => {
    expect(embed({ vectors: ['AAAAAA==', 'AAAAAA=='] })).toBeNull()
    for (const vectors of [
      [],
      ['AAAA'],
      ['AAAA', 'AAAAAAAA'],
      ['AAAA', ''],
      ['AAAA', 7],
      ['AAAA', '***'],
      'AAAA',
    ])
      expect(embed({ vectors })).toBe('the output is not a vector for each text')
    expect(judge('nothing', { input: { ...input, texts: ['a', 'b'] } })).not.toBeNull()
  })
})
