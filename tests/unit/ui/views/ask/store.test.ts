import { afterEach, expect, test, vi } from 'vitest'
import { key } from '../../../../../host/ui/state/session.ts'
import { exchange, put } from '../../../../../host/ui/views/ask/store.ts'

afterEach(() => vi.unstubAllGlobals())

/** A stream that a test fills as it goes. */
function body() {
  let into: ReadableStreamDefaultController<Uint8Array> | null = null
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      into = controller
    },
  })
  const write = (data: string): void => into?.enqueue(new TextEncoder().encode(`data: ${data}\n\n`))
  return { stream, write }
}

/** A stand-in for the daemon's answers: each question has a stream of its own, and one of its task's steps. */
function daemon() {
  const questions = [body(), body()]
  const steps = [body(), body()]
  const asked = { questions: 0, steps: 0 }
  vi.stubGlobal('fetch', async (path: string) => {
    if (path === '/api/events?kinds=tasks') return new Response(steps[asked.steps++]?.stream)
    if (path !== '/v1/chat/completions') return Response.json({ error: { message: 'no' } }, { status: 500 })
    const question = questions[asked.questions++]
    return new Response(question?.stream, { headers: { 'x-ripple-task': `task-${asked.questions}` } })
  })
  return { questions, steps }
}

const question = { model: 'tiny', prompt: 'x', system: '', temperature: null, max_tokens: null }
const step = (task: string) =>
  JSON.stringify({
    type: 'task_state',
    id: 'r-1',
    at: 1,
    task_key: task,
    task,
    state: 'accepted',
    peer: null,
  })

test('a late step of an earlier question does not bring it back', async () => {
  const { questions, steps } = daemon()
  key.value = 'key'
  const first = put(question)
  questions[0]?.write('[DONE]')
  await vi.waitFor(() => expect(exchange.value?.phase).toBe('done'))
  const second = put(question)
  await vi.waitFor(() => expect(exchange.value?.id).toBe('task-2'))
  steps[0]?.write(step('task-1'))
  await first
  expect(exchange.value).toMatchObject({ id: 'task-2', phase: 'asking', steps: [] })
  steps[1]?.write(step('task-2'))
  questions[1]?.write('[DONE]')
  await second
  expect(exchange.value).toMatchObject({ id: 'task-2', phase: 'done', steps: [{ text: 'accepted' }] })
})

test('a second question is ignored while the first runs', async () => {
  const { questions, steps } = daemon()
  key.value = 'key'
  const first = put(question)
  await vi.waitFor(() => expect(exchange.value).toMatchObject({ id: 'task-1', phase: 'asking' }))
  await put(question)
  expect(exchange.value?.id).toBe('task-1')
  questions[0]?.write('[DONE]')
  steps[0]?.write(step('task-1'))
  await first
})
