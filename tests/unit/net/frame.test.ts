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
