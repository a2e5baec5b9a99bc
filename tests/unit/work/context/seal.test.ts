import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { canonicalJson } from '../../../../host/codec/canonical-json.ts'
import { plainPrompt } from '../../../../host/types/inference.ts'
import { decodePayload, encodePayload } from '../../../../host/work/context/payload.ts'
import { seal, sealReady, unseal } from '../../../../host/work/context/seal.ts'

beforeAll(sealReady)
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('sealed bytes open with their key and salt, and with no other', () => {
  fc.assert(
    fc.property(fc.uint8Array(), secret, secret, (plain, salt, key) => {
      const sealed = seal(plain, salt, key)
      expect(unseal(sealed, salt, key)).toEqual(plain)
      const other = key.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
      expect(unseal(sealed, salt, other)).toBeNull()
    }),
  )
})

test('bytes that were never sealed do not open', () => {
  fc.assert(
    fc.property(fc.uint8Array(), secret, secret, (bytes, salt, key) => {
      expect(unseal(bytes, salt, key)).toBeNull()
    }),
  )
  expect(unseal(new Uint8Array(64), new Uint8Array(3), new Uint8Array(32))).toBeNull()
})

test('a document has one canonical spelling, whatever the order of its fields', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'ü' }], a: true })).toBe(
    '{"a":true,"b":[1,{"c":"ü","d":null}]}',
  )
})

test('a payload decodes as it was encoded, and other bytes are refused', () => {
  const parameters = { max_tokens: 1, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 1 }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (prompt, seed) => {
      const payload = plainPrompt(prompt, { parameters, seed })
      expect(decodePayload(encodePayload(payload))).toEqual(payload)
    }),
  )
  for (const bytes of ['', '{}', '[]', '{"prompt":1}']) {
    expect(() => decodePayload(new TextEncoder().encode(bytes))).toThrowError(
      expect.objectContaining({ code: 'RIPPLE_BODY_INVALID' }),
    )
  }
})
