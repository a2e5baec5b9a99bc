import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { Context } from '../../../../host/operations/context.ts'
import { call } from '../calls.ts'

const signal = new AbortController().signal

function holding(bytes: Uint8Array): Context {
  const context: Partial<Context> = {
    holders: async () => [],
    artifacts: { has: async () => true, get: async () => bytes } as unknown as Context['artifacts'],
  }
  return context as Context
}

test('the answer of `artifact get` carries the bytes', async () => {
  const got = await call('artifact.get', holding(Buffer.from('hello')), { cid: 'bafk' }, signal)
  expect(got).toMatchObject({ bytes: 5, base64: 'aGVsbG8=' })
})

test('`artifact add` takes only a regular file', async () => {
  for (const path of ['/dev/zero', tmpdir()])
    await expect(call('artifact.add', holding(new Uint8Array()), { path }, signal)).rejects.toMatchObject({
      code: 'RIPPLE_FILE_UNREADABLE',
    })
})

test('`artifact get` refuses more than a string can hold and names the option', async () => {
  const huge = holding(new Uint8Array(385 * 1024 * 1024))
  await expect(call('artifact.get', huge, { cid: 'bafk' }, signal)).rejects.toMatchObject({
    code: 'RIPPLE_ARTIFACT_NEEDS_FILE',
    hint: expect.stringContaining('--output'),
  })
})
