import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Context } from '../../../../host/operations/context.ts'
import { stubContext } from '../../api/stub-context.ts'
import { taskView } from '../../api/task-view.ts'
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

describe('`artifact ls`', () => {
  const [file, answer, other] = ['bafkfile', 'bafkanswer', 'bafkother']

  function keeping(names: ReadonlyMap<string, string>): Context {
    const pinned = [other, answer, file].map((cid) => ({ cid, bytes: 5 }))
    const output = { text: null, cid: answer, bytes: 5, encrypted: true }
    return stubContext({
      agent: 'uhCAkself',
      artifacts: { ...stubContext({}).artifacts, ls: async () => pinned },
      artifactNames: { ...stubContext({}).artifactNames, all: async () => names },
      tasks: {
        ...stubContext({}).tasks,
        list: async () => [{ ...taskView('task-1', 'accepted'), output, worker: 'uhCAkbert' }],
      },
    })
  }

  test('a list names files, and the task and the worker of an answer', async () => {
    const context = keeping(new Map([[file, 'photo.jpg']]))
    const { artifacts } = (await call('artifact.ls', context, {}, signal)) as { artifacts: object[] }
    expect(artifacts).toMatchObject([
      { cid: file, name: 'photo.jpg', kind: 'file', task: null, held_by: ['uhCAkself'] },
      { cid: other, name: null, kind: 'other', held_by: ['uhCAkself'] },
      { cid: answer, kind: 'answer', task: 'task-1', encrypted: true, held_by: ['uhCAkself', 'uhCAkbert'] },
    ])
  })
})

test('`artifact add` keeps the name that was given, and an unpinned artifact loses it', async () => {
  const names = new Map<string, string>()
  const context = stubContext({
    artifacts: { ...stubContext({}).artifacts, add: async () => 'bafk', unpin: async () => {} },
    artifactNames: {
      ...stubContext({}).artifactNames,
      put: async (cid, name) => void names.set(cid, name),
      forget: async (cid) => void names.delete(cid),
    },
  })
  await call('artifact.add', context, { base64: 'aGVsbG8=', name: 'hello.txt' }, signal)
  expect([...names]).toEqual([['bafk', 'hello.txt']])
  await call('artifact.pin', context, { cid: 'bafk', remove: true }, signal)
  expect(names.size).toBe(0)
})
