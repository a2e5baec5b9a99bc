import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { artifactAdd, artifactGet } from '../../../host/operations/artifact.ts'
import type { Context } from '../../../host/operations/context.ts'

const signal = new AbortController().signal

function holding(bytes: Uint8Array): Context {
  const context: Partial<Context> = {
    holders: async () => [],
    artifacts: { has: async () => true, get: async () => bytes } as unknown as Context['artifacts'],
  }
  return context as Context
}

test('the answer of `artifact get` carries the bytes', async () => {
  const got = await artifactGet.call(holding(Buffer.from('hello')), { cid: 'bafk' }, signal)
  expect(got).toMatchObject({ bytes: 5, base64: 'aGVsbG8=' })
})

test('`artifact add` takes only a regular file', async () => {
  for (const path of ['/dev/zero', tmpdir()])
    await expect(artifactAdd.call(holding(new Uint8Array()), { path }, signal)).rejects.toMatchObject({
      code: 'RIPPLE_FILE_UNREADABLE',
    })
})

test('`artifact get` refuses more than a string can hold and names the option', async () => {
  const huge = holding(new Uint8Array(385 * 1024 * 1024))
  await expect(artifactGet.call(huge, { cid: 'bafk' }, signal)).rejects.toMatchObject({
    code: 'RIPPLE_ARTIFACT_NEEDS_FILE',
    hint: expect.stringContaining('--output'),
  })
})
