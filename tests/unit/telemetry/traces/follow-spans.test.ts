// Tests the spans that events and messages make, with an exporter in memory.
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, test } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import type { DaemonEvent } from '../../../../host/telemetry/catalogue.ts'
import { type FollowedSpans, followSpans } from '../../../../host/telemetry/traces/follow-spans.ts'
import type { Message } from '../../../../host/types/message.ts'

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const KEY = 'key-of-the-task'
const salt = new Uint8Array(32)

let now = 0
let exporter: InMemorySpanExporter
let dropped: string[]

beforeEach(() => {
  now = 1_000
  exporter = new InMemorySpanExporter()
  dropped = []
})

/** The spans of one machine. */
function machine(): FollowedSpans {
  const processor = new SimpleSpanProcessor({ exporter })
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test')
  return followSpans({ tracer, now: () => now }, (from) => void dropped.push(from))
}

const spans = (): ReadableSpan[] => exporter.getFinishedSpans()
const span = (name: string): ReadableSpan | undefined => spans().find((one) => one.name === name)
const parentOf = (name: string): string | undefined =>
  spans().find((one) => one.spanContext().spanId === span(name)?.parentSpanContext?.spanId)?.name
const state = (name: string, peer: string | null = null): DaemonEvent => ({
  type: 'task_state',
  ...{ task_key: KEY, task: 't', state: name, peer },
})
const closed = (outcome: 'accepted' | 'expired', why: string | null = null): DaemonEvent => ({
  ...{ type: 'task_closed', task: 't', outcome, priority: 'interactive', place: 'peer', why },
  ...{ wait_ms: 1, total_ms: 2, tokens_in: 3, tokens_out: 4 },
})
const started = (poster: string): DaemonEvent => ({
  ...{ type: 'run_started', task: 't', grant: 'g', attempt: 1, poster, model: 'tiny', input: 'chat' },
})
const run = { task: 't', grant: 'g', attempt: 1 } as const
const measured: DaemonEvent = { type: 'run_measured', task: 't', tokens_in: 3, tokens_out: 4, run_ms: 5 }
const written = (entry: 'Task' | 'Result' | 'Close'): DaemonEvent => ({
  ...{ type: 'committed', entry, hash: 'h', task: 't', attempt: 1 },
})
const offer: Message = { type: 'offer', task: 't', rank: 0, lease_ms: 1 }
const payload: Message = { type: 'payload', task: 't', attempt: 1, salt, payload: salt, prefix: '' }

/** Has a machine hear events, a second apart. */
function hear(who: FollowedSpans, ...events: DaemonEvent[]): void {
  for (const event of events) {
    now += 1_000
    who.hear(event, now)
  }
}

/** Posts a task in a request with this header. */
async function post(who: FollowedSpans, traceparent: unknown = CALLER): Promise<void> {
  let posting: Promise<void> | undefined
  const head = { method: 'POST', route: '/v1/chat/completions', traceparent, startedAt: now }
  const over = who.request(head, () => {
    posting = who.post(KEY, async () => hear(who, state('posted')))
  })
  await posting
  over(200)
}

/** Sends a message from one machine to another, and returns it as it arrived. */
function pass(from: FollowedSpans, to: FollowedSpans, names: [string, string], message: Message): Message {
  const traced = from.sending(names[1], message)
  to.received(names[0], traced.message)
  now += 1_000
  traced.sent()
  return traced.message
}

describe('the spans of a task of two machines', () => {
  test('a task makes one trace from its request to its Close', async () => {
    const [poster, worker] = [machine(), machine()]
    await post(poster)
    hear(poster, { type: 'offered', task: 't', to: 'w' })
    pass(poster, worker, ['p', 'w'], offer)
    pass(worker, poster, ['w', 'p'], { type: 'claim', task: 't' })
    hear(poster, state('granted', 'w'))
    pass(poster, worker, ['p', 'w'], payload)
    hear(worker, started('p'), { type: 'run_ended', ...run, status: 'ok', code: null }, measured)
    hear(worker, written('Result'))
    hear(poster, state('delivered', 'w'), { type: 'checked', task: 't', result: 'r', verdict: 'ok' })
    hear(poster, written('Close'), closed('accepted'))
    const parents = spans().map(({ name }) => [name, parentOf(name)])
    expect(Object.fromEntries(parents)).toEqual({
      'POST /v1/chat/completions': undefined,
      task: 'POST /v1/chat/completions',
      post: 'task',
      offer: 'task',
      claim: 'offer',
      payload: 'task',
      'chat tiny': 'payload',
      result: 'payload',
      accept: 'task',
    })
    expect(new Set(spans().map((one) => one.spanContext().traceId))).toEqual(new Set([CALLER.split('-')[1]]))
    expect(span('POST /v1/chat/completions')?.parentSpanContext?.spanId).toBe(CALLER.split('-')[2])
    expect(span('chat tiny')?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ripple',
      'gen_ai.request.model': 'tiny',
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 4,
      'ripple.task': 't',
      'ripple.attempt': 1,
      'ripple.outcome': 'ok',
    })
  })

  test('a task of the machine that runs it has its run below the task', async () => {
    const alone = machine()
    await post(alone, null)
    hear(alone, started('p'), { type: 'run_ended', ...run, status: 'failed', code: 'model_failed' })
    hear(alone, written('Result'), closed('expired', 'total'))
    expect([parentOf('chat tiny'), parentOf('result')]).toEqual(['task', 'task'])
    expect(span('chat tiny')?.attributes['error.type']).toBe('model_failed')
    expect(span('task')?.attributes).toMatchObject({ 'error.type': 'total', 'ripple.outcome': 'expired' })
  })

  test('an offer ends with its answer, and with the task at the latest', async () => {
    const poster = machine()
    await post(poster)
    for (const to of ['a', 'b', 'c']) hear(poster, { type: 'offered', task: 't', to })
    hear(poster, { type: 'refused', task: 't', by: 'a', code: 'busy' }, state('granted', 'b'))
    hear(poster, closed('accepted'))
    const outcomes = spans().filter(({ name }) => name === 'offer')
    expect(outcomes.map(({ attributes }) => attributes['ripple.outcome'])).toEqual([
      'busy',
      'granted',
      'unanswered',
    ])
  })
})

describe('a trace context', () => {
  test('a context of another machine than the poster changes nothing', async () => {
    const worker = machine()
    worker.received('stranger', { ...offer, trace: CALLER })
    worker.received('stranger', { ...payload, trace: CALLER })
    hear(worker, started('p'), { type: 'run_ended', ...run, status: 'ok', code: null }, measured)
    expect(spans()).toEqual([])
  })

  test('a malformed context of a peer is reported and not used, and a missing one is neither', () => {
    const worker = machine()
    worker.received('p', { ...offer, trace: null })
    worker.received('p', offer)
    worker.sending('p', { type: 'claim', task: 't' })
    expect(dropped).toEqual(['p'])
    expect(spans()).toEqual([])
  })

  test.each([
    null,
    'hello',
    [CALLER, CALLER],
    CALLER.replace(/^00/, 'ff'),
    `${CALLER}-00`,
    CALLER.toUpperCase(),
  ])('a request with the header %j begins a trace of its own', async (header) => {
    const poster = machine()
    await post(poster, header)
    expect(spans().map(({ name }) => name)).toContain('POST /v1/chat/completions')
    expect(spans().some((one) => CALLER.includes(one.spanContext().traceId))).toBe(false)
  })

  test("a caller's choice to leave a trace out holds on all machines", async () => {
    const poster = machine()
    await post(poster, CALLER.replace(/01$/, '00'))
    hear(poster, { type: 'offered', task: 't', to: 'w' })
    const sent = poster.sending('w', offer).message
    expect('trace' in sent && sent.trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/)
    const worker = machine()
    worker.received('p', sent)
    worker.sending('p', { type: 'refuse', task: 't', code: 'busy', policy_hash: null, retry_after_ms: null })
    hear(poster, closed('accepted'))
    expect(spans()).toEqual([])
  })

  test('a message of a task that is not traced has none', () => {
    const poster = machine()
    hear(poster, state('posted'), { type: 'offered', task: 't', to: 'w' })
    for (const message of [offer, payload]) expect(poster.sending('w', message).message).toBe(message)
  })
})

describe('a post', () => {
  test('a refused post ends with its code, and rejects as before', async () => {
    const poster = machine()
    const thrown = new RippleError('RIPPLE_BUSY', { what: 'posts', max: 1 })
    await expect(poster.post(KEY, () => Promise.reject(thrown))).rejects.toBe(thrown)
    expect(spans().map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
      ['post', 'RIPPLE_BUSY'],
      ['task', 'RIPPLE_BUSY'],
    ])
  })

  test('two posts that wait at the same time belong to their own requests', async () => {
    const poster = machine()
    const gate = Promise.withResolvers<void>()
    const posts = ['/a', '/b'].map((route) => {
      let posting: Promise<void> | undefined
      const over = poster.request({ method: 'POST', route, traceparent: undefined, startedAt: now }, () => {
        posting = gate.promise.then(() => poster.post(route, async () => {}))
      })
      return { over, posting }
    })
    gate.resolve()
    for (const { over, posting } of posts) {
      await posting
      over(200)
    }
    const requests = spans().filter(({ name }) => name.startsWith('POST'))
    const tasks = spans().filter(({ name }) => name === 'task')
    expect(tasks.map((one) => one.parentSpanContext?.spanId).sort()).toEqual(
      requests.map((one) => one.spanContext().spanId).sort(),
    )
    expect(requests.length).toBe(2)
  })

  test('a request that posts nothing and has no caller with a trace has no span', () => {
    machine().request({ method: 'GET', route: '/metrics', traceparent: undefined, startedAt: now }, () => {})(
      200,
    )
    expect(spans()).toEqual([])
  })
})

describe('a machine that stops or is flooded', () => {
  test('a machine that stops ends all of its spans', async () => {
    const [poster, worker] = [machine(), machine()]
    await post(poster)
    hear(poster, { type: 'offered', task: 't', to: 'w' })
    pass(poster, worker, ['p', 'w'], offer)
    for (const one of [worker, poster]) one.stop()
    expect(['claim', 'offer', 'task'].map((name) => span(name)?.ended)).toEqual([true, true, true])
    expect(span('task')?.attributes['ripple.outcome']).toBe('stopped')
  })

  test('more offers than a machine follows leave out the oldest', () => {
    const worker = machine()
    const tasks = Array.from({ length: limits.traced_tasks_max + 1 }, (_, index) => `t${index}`)
    for (const task of tasks) worker.received('p', { ...offer, task, trace: CALLER })
    for (const task of tasks) worker.sending('p', { type: 'claim', task })
    expect(spans().length).toBe(limits.traced_tasks_max)
  })
})
