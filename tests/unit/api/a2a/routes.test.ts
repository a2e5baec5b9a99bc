/** Tests the door for A2A through the real server; tests/clients has the client of the protocol. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { Context, TaskView, TaskWish } from '../../../../host/operations/context.ts'
import type { StreamEvent } from '../../../../host/telemetry/catalogue.ts'
import type { Scope } from '../../../../host/types/principal.ts'
import { listeningApi, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'
import { taskView } from '../task-view.ts'

const output = { text: 'Two, three, five.', cid: 'bafk', bytes: 17, encrypted: true }

/** Returns a client of the door at this address. */
function caller(url: string) {
  return async (method: string, params: object, { key = token, version = '1.0' } = {}) => {
    const answer = await fetch(`${url}/a2a`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'a2a-version': version,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const text = await answer.text()
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream')
    const documents = text.split('\n\n').flatMap((part) => part.split('data: ')[1] ?? [])
    const body = isStream ? documents.map((one) => JSON.parse(one)) : JSON.parse(text)
    return { status: answer.status, body }
  }
}

/** The door of a mesh with one task, whose state the test sets. Tasks that are posted are noted. */
async function door(given: Partial<TaskView> = {}, events: readonly object[] = []) {
  const posted: TaskWish[] = []
  let task: TaskView = { ...taskView('', 'accepted'), output, ...given }
  const tasks: Context['tasks'] = {
    ...stubContext({}).tasks,
    find: async (id) => (id === task.id ? task.task : null),
    list: async () => [task],
    show: async () => task,
    post: async (wish) => {
      posted.push(wish)
      task = { ...task, id: wish.key }
      return task
    },
    cancel: async () => {
      task = { ...task, state: 'cancelled' }
      return task
    },
  }
  const follow: Context['events']['follow'] = (_following, onEvent) => {
    for (const event of events) onEvent({ task_key: task.id, task: task.task, ...event } as StreamEvent)
    task = { ...task, state: 'accepted', output }
    return () => {}
  }
  const find: Context['keys']['find'] = (key) => ({ kind: 'key', name: key, scopes: [key as Scope] })
  const { app, url } = await listeningApi({
    tasks,
    events: { follow },
    keys: { ...stubContext({}).keys, find },
  })
  onTestFinished(() => app.close())
  return { call: caller(url), posted, url }
}

const message = (fields: object = {}) => ({
  message: {
    messageId: 'm1',
    role: 'ROLE_USER',
    parts: [{ text: 'Name three' }, { text: 'primes.' }],
    ...fields,
  },
})

describe('SendMessage', () => {
  test('a message becomes a task with its text and its fields, and the answer is its artifact', async () => {
    const { call, posted } = await door()
    const metadata = { ripple: { max_tokens: 8 } }
    const { body } = await call('SendMessage', { ...message({ contextId: 'c1' }), metadata })
    expect(posted).toMatchObject([{ prompt: 'Name three\n\nprimes.', max_tokens: 8 }])
    expect(body.result.task).toMatchObject({
      id: posted[0]?.key,
      contextId: 'c1',
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'output', parts: [{ text: output.text }] }],
    })
  })

  test('a message of 0.3 does the same by its own names', async () => {
    const { call } = await door()
    const params = {
      message: { kind: 'message', messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
    }
    const { body } = await call('message/send', params, { version: '' })
    expect(body.result).toMatchObject({ kind: 'task', status: { state: 'completed' } })
  })

  test.each([
    ['no id', { messageId: '' }, {}, -32_602, 'messageId is missing'],
    ['a picture', { parts: [{ raw: 'AAAA', mediaType: 'image/png' }] }, {}, -32_005, 'is not text'],
    ['a wrong field', {}, { ripple: { max_tokens: 0 } }, -32_602, 'max_tokens'],
    ['an unknown field', {}, { ripple: { colour: 'red' } }, -32_602, 'colour'],
    ['a key of its own', {}, { ripple: { key: 'k'.repeat(16) } }, -32_602, 'comes from the message'],
    ['fields that are none', {}, { ripple: [] }, -32_602, 'is not an object'],
    ['an unknown task', { taskId: 'unknown-task' }, {}, -32_001, 'unknown-task'],
  ])('a message with %s is refused before a task is posted', async (_what, fields, metadata, code, words) => {
    const { call, posted } = await door()
    const { status, body } = await call('SendMessage', { ...message(fields), metadata })
    expect([status, body.error.code, posted]).toEqual([200, code, []])
    expect(body.error.message).toContain(words)
  })

  test('the state of this machine is an error with its code', async () => {
    const post = () => Promise.reject(new RippleError('RIPPLE_CONDUCTOR_DOWN'))
    const { app, url } = await listeningApi({ tasks: { ...stubContext({}).tasks, post } })
    onTestFinished(() => app.close())
    const { error } = (await caller(url)('SendMessage', message())).body
    expect([error.code, error.message]).toEqual([-32_000, expect.stringContaining('RIPPLE_CONDUCTOR_DOWN')])
  })
})

describe('SendStreamingMessage', () => {
  test('the stream has the task, pieces, the whole answer and the end', async () => {
    const pieces = ['Two, ', 'three'].map((text) => ({ type: 'task_text', text }))
    const { call } = await door({ state: 'posted', output: null }, [
      ...[{ type: 'task_state', state: 'running', peer: 'p' }, ...pieces],
      { type: 'task_state', state: 'accepted', peer: 'p' },
    ])
    const { body } = await call('SendStreamingMessage', message())
    const results = body.map(({ result }: { result: object }) => result)
    expect(results).toMatchObject([
      { task: { status: { state: 'TASK_STATE_SUBMITTED' } } },
      { artifactUpdate: { artifact: { artifactId: 'output', parts: [{ text: 'Two, three' }] } } },
      { artifactUpdate: { lastChunk: true, artifact: { parts: [{ text: output.text }] } } },
      { statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } },
    ])
  })

  test('a refusal before the stream is a plain document', async () => {
    const { call } = await door()
    expect((await call('SendStreamingMessage', message({ messageId: '' }))).body.error.code).toBe(-32_602)
  })
})

describe('a task', () => {
  const id = 'a-task-of-the-mesh'

  test('the receipt is an artifact for callers that may read receipts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ripple-a2a-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const receipt = join(folder, 'task.receipt')
    await writeFile(receipt, 'signed')
    const { call } = await door({ id, receipt })
    const { artifacts } = (await call('GetTask', { id })).body.result
    const raw = Buffer.from('signed').toString('base64')
    expect(artifacts[1]).toMatchObject({ artifactId: 'receipt', parts: [{ raw, filename: `${id}.receipt` }] })
    expect((await call('GetTask', { id }, { key: 'read' })).body.result.artifacts.length).toBe(1)
  })

  test('a closed task can neither be cancelled nor followed, and an open one can be cancelled', async () => {
    const closed = await door({ id })
    expect((await closed.call('CancelTask', { id })).body.error.code).toBe(-32_002)
    expect((await closed.call('SubscribeToTask', { id })).body.error.code).toBe(-32_004)
    const open = await door({ id, state: 'offered' })
    expect((await open.call('CancelTask', { id })).body.result.status.state).toBe('TASK_STATE_CANCELED')
  })

  test('a failed task says why', async () => {
    const ended = { why: 'nobody', ms: null, task: null } as const
    const { call } = await door({ id, state: 'failed', output: null, ended })
    const { status } = (await call('GetTask', { id })).body.result
    expect([status.state, status.message.parts[0].text]).toEqual([
      'TASK_STATE_FAILED',
      expect.stringContaining('no machine is left'),
    ])
  })

  test.each([
    ['another context', { contextId: 'other' }, 0],
    ['its own context', { contextId: id }, 1],
    ['another state', { status: 'TASK_STATE_WORKING' }, 0],
    ['a later time', { statusTimestampAfter: '2026-01-01T00:00:00Z' }, 0],
  ])('a list of %s has the matching tasks', async (_what, params, count) => {
    const { call } = await door({ id })
    expect((await call('ListTasks', params)).body.result.tasks.length).toBe(count)
  })
})

describe('the door', () => {
  test.each([
    ['SendMessage', ['write']],
    ['message/stream', ['write']],
    ['GetTask', ['read']],
    ['tasks/get', ['read']],
    ['ListTasks', ['read']],
    ['CancelTask', ['write']],
  ])('%s takes a key with the scope %j', async (method, allowed) => {
    const { call } = await door()
    const scopes = ['infer', 'read', 'write', 'admin']
    const statuses = await Promise.all(scopes.map(async (key) => (await call(method, {}, { key })).status))
    expect(scopes.filter((_, at) => statuses[at] === 200)).toEqual(allowed)
  })

  test.each([
    ['1.0', 'SendMessage', message()],
    ['0.3', 'tasks/cancel', { id: 'none' }],
  ])(
    'a call of %s that comes as a JSON text is refused: no guard has seen its method',
    async (version, method, params) => {
      const { url, posted } = await door()
      const answer = await fetch(`${url}/a2a`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer read',
          'content-type': 'application/json',
          'a2a-version': version,
        },
        body: JSON.stringify(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })),
      })
      expect(await answer.json()).toMatchObject({
        error: { message: expect.stringContaining('not an object') },
      })
      expect(posted).toEqual([])
    },
  )

  test('ListTasks with a statusTimestampAfter that is no time is refused', async () => {
    const { call } = await door()
    const { body } = await call('ListTasks', { statusTimestampAfter: 'yesterday' })
    expect(body.error.code).toBe(-32_602)
  })

  test('unknown methods, versions and push notifications are refused in the form of the protocol', async () => {
    const { call } = await door()
    expect((await call('Nothing', {})).body.error.code).toBe(-32_601)
    expect((await call('GetTask', {}, { version: '7.0' })).body.error.code).toBe(-32_009)
    expect((await call('GetExtendedAgentCard', {})).body.error.code).toBe(-32_007)
    expect((await call('GetTaskPushNotificationConfig', {})).body.error.code).toBe(-32_003)
    const set = await call('tasks/pushNotificationConfig/set', { id: 'none' }, { version: '0.3' })
    expect(set.body.error.code).toBe(-32_003)
  })
})
