import { expect, test } from 'vitest'
import { artifactGet } from '../../../host/operations/artifact.ts'
import type { Context } from '../../../host/operations/context.ts'

const signal = new AbortController().signal

function holding(bytes: Uint8Array): Context {
  const context: Partial<Context> = {
    holders: async () => [],
    artifacts: { get: async () => bytes } as unknown as Context['artifacts'],
  }
  return context as Context
}

test('an answer carries the bytes', async () => {
  const got = await artifactGet.call(holding(Buffer.from('hello')), { cid: 'bafk' }, signal)
  expect(got).toMatchObject({ bytes: 5, base64: 'aGVsbG8=' })
})

test('more than a string can hold is refused with what to do', async () => {
  const huge = holding(new Uint8Array(385 * 1024 * 1024))
  await expect(artifactGet.call(huge, { cid: 'bafk' }, signal)).rejects.toMatchObject({
    code: 'RIPPLE_ARTIFACT_NEEDS_FILE',
    hint: expect.stringContaining('--output'),
  })
})
