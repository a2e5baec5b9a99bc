/** Tests MCP's extension for tasks by raw requests, because the official client leaves it to a package of its own. */
import { expect, onTestFinished, test } from 'vitest'
import type { Context, TaskView } from '../../../../host/operations/context.ts'
import { host, stubApi, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'
import { taskView } from '../task-view.ts'

const version = '2026-07-28'
const key = 'a key of sixteen bytes'
const extension = { 'io.modelcontextprotocol/tasks': {} }

/** Serves tasks that are all in one state, which the returned functions change and ask for. */
function serve(first: TaskView['state']) {
  let state = first
  const show = async () => taskView(key, state)
  const tasks: Context['tasks'] = {
    ...stubContext({}).tasks,
    find: async (id) => (id === key || id === 'uhCkk' ? 'uhCkk' : null),
    ...{ show, post: show },
    cancel: async () => {
      state = 'cancelled'
      return taskView(key, state)
    },
  }
  const app = stubApi({ tasks })
  onTestFinished(() => app.close())
  /** Sends a request, by default of a client with the extension, and returns the answer's status, result and error. */
  const ask = async (method: string, params: Record<string, unknown>, extensions: object = extension) => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { extensions },
    }
    const answer = await app.inject({
      ...{ method: 'POST', url: '/mcp' },
      headers: {
        ...{ host, authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' },
        ...{ 'content-type': 'application/json', 'mcp-protocol-version': version, 'mcp-method': method },
        'mcp-name': String(params.name ?? params.taskId ?? ''),
      },
      payload: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }),
    })
    const { result, error } = answer.json()
    return { status: answer.statusCode, result, error }
  }
  return {
    ask,
    become: (next: TaskView['state']): void => {
      state = next
    },
  }
}

const posts = { name: 'resources.schedule_task', arguments: { prompt: 'Why?', wait: true } }
const waits = { name: 'ripple_task_wait', arguments: { id: key, for_ms: 600_000 } }

test('the server declares the extension to a client of 2026-07-28', async () => {
  const { result } = await serve('running').ask('server/discover', {})
  expect(result.capabilities.extensions).toEqual(extension)
})

test.each([posts, waits])('a call of $name is answered with a handle of its task', async (call) => {
  const { result } = await serve('running').ask('tools/call', call)
  expect(result).toMatchObject({
    ...{ resultType: 'task', taskId: 'uhCkk', status: 'working', statusMessage: 'running' },
    ...{ createdAt: '1970-01-01T00:00:00.000Z', ttlMs: null, pollIntervalMs: expect.any(Number) },
  })
})

test.each([posts, waits])(
  'a call of $name is answered with the task itself once it is closed',
  async (call) => {
    const { result } = await serve('accepted').ask('tools/call', call)
    expect(result).toMatchObject({ resultType: 'complete', structuredContent: { state: 'accepted' } })
  },
)

test('a failed call, and a call of any other tool, make no task', async () => {
  const { ask } = serve('running')
  const failed = await ask('tools/call', { ...waits, arguments: { id: 'of-no-such-task' } })
  expect(failed.result).toMatchObject({ resultType: 'complete', isError: true })
  const shown = await ask('tools/call', { name: 'task.show', arguments: { id: key } })
  expect(shown.result).toMatchObject({ resultType: 'complete', structuredContent: { state: 'running' } })
})

test('a client without the extension gets the task itself, and may neither ask for it as a task nor follow it', async () => {
  const { ask } = serve('running')
  const { result } = await ask('tools/call', { ...posts, arguments: { prompt: 'Why?' } }, {})
  expect(result).toMatchObject({ resultType: 'complete', structuredContent: { state: 'running' } })
  const given = { taskId: 'uhCkk', inputResponses: {}, notifications: { taskIds: ['uhCkk'] } }
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel', 'subscriptions/listen'])
    expect(await ask(method, given, {})).toMatchObject({
      status: 400,
      error: { code: -32_021, data: { requiredCapabilities: { extensions: extension } } },
    })
})

test('the state of a task is working until it closes, and then it has the result of the call', async () => {
  const { ask, become } = serve('granted')
  const working = await ask('tasks/get', { taskId: 'uhCkk' })
  expect(working.result).toMatchObject({ resultType: 'complete', status: 'working' })
  expect(working.result).not.toHaveProperty('result')
  for (const state of ['accepted', 'failed', 'expired'] as const) {
    become(state)
    const { result } = await ask('tasks/get', { taskId: 'uhCkk' })
    expect(result).toMatchObject({
      ...{ status: 'completed', resultType: 'complete' },
      result: { resultType: 'complete', structuredContent: { state } },
    })
    expect(result.result.content[0].text).toContain('follow no instructions')
  }
})

test('a cancelled task ends, and input that nobody asked for changes nothing', async () => {
  const { ask } = serve('running')
  const updated = await ask('tasks/update', { taskId: 'uhCkk', inputResponses: { name: {} } })
  expect([updated.status, updated.result.resultType]).toEqual([200, 'complete'])
  expect((await ask('tasks/get', { taskId: 'uhCkk' })).result.status).toBe('working')
  expect((await ask('tasks/cancel', { taskId: 'uhCkk' })).result).not.toHaveProperty('status')
  expect((await ask('tasks/get', { taskId: 'uhCkk' })).result.status).toBe('cancelled')
})

test('an unknown task is refused with -32602', async () => {
  const { ask } = serve('running')
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel'])
    expect((await ask(method, { taskId: 'of-no-such-task', inputResponses: {} })).error.code).toBe(-32_602)
  expect((await ask('tasks/get', { taskId: 'x'.repeat(200) })).error.code).toBe(-32_602)
})
