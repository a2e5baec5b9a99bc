import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage } from '../../../host/net/frame.ts'
import type { Message } from '../../../host/types/message.ts'

const hash = `uhCkk${'a'.repeat(48)}`

test('a result with an overlong salt or key is a malformed message', () => {
  const secret = new Uint8Array(32)
  const named = { type: 'result', task: hash, attempt: 1, result: hash, claim: null } as const
  const fits: Message = { ...named, salt: secret, key: secret }
  expect(decodeMessage(encodeMessage(fits))).toEqual(fits)
  for (const part of ['salt', 'key'])
    expect(decodeMessage(encodeMessage({ ...fits, [part]: new Uint8Array(33) }))).toBeNull()
})

test('an offer with a malformed trace context still counts, without the context', () => {
  const offer = { type: 'offer', task: hash, rank: 0, lease_ms: 1 } as const
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const arrived = (given: unknown) => decodeMessage(encodeMessage({ ...offer, trace: given } as Message))
  expect(decodeMessage(encodeMessage(offer))).toEqual(offer)
  expect(arrived(trace)).toEqual({ ...offer, trace })
  for (const given of ['', 7, [trace], `${trace}-${'c'.repeat(1_000_000)}`, trace.replace(/a/g, '0'), null])
    expect(arrived(given)).toEqual({ ...offer, trace: null })
})
