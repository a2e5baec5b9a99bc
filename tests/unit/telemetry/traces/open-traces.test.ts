// Tests the way of spans to a collector that answers, refuses, hangs or is away.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import type { DaemonEvent } from '../../../../host/telemetry/catalogue.ts'
import { openTraces } from '../../../../host/telemetry/traces/open-traces.ts'
import type { Traces } from '../../../../host/telemetry/traces/port.ts'
import { openCollector } from '../../../harness/collector.ts'

const stack = { current: new AsyncDisposableStack() }
afterEach(async () => {
  await stack.current.disposeAsync()
  stack.current = new AsyncDisposableStack()
})

function open(endpoint: string): { traces: Traces; events: DaemonEvent[] } {
  const events: DaemonEvent[] = []
  const traces = openTraces({
    ...{ endpoint, headers: { authorization: 'Bearer 4711' }, name: 'nas', version: '1.2.3', now: Date.now },
    emit: (event) => void events.push(event),
  })
  return { traces, events }
}

/** Serves a collector that answers with this status, or never. */
async function answering(status: number | null): Promise<string> {
  const server = createServer((_request, response) => {
    if (status !== null) response.writeHead(status, 'Bearer 4711').end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stack.current.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces?key=4711`
}

test('spans that wait are sent when the traces close, with the name of the machine and the headers', async () => {
  const collector = stack.current.use(await openCollector())
  const { traces, events } = open(collector.endpoint)
  await traces.post('key', async () => {})
  await traces[Symbol.asyncDispose]()
  expect(collector.spans.map(({ machine, name }) => [machine, name])).toEqual([
    ['nas', 'post'],
    ['nas', 'task'],
  ])
  expect(collector.bodies[0]).toContain('"ripple"')
  expect(collector.headers[0]?.authorization).toBe('Bearer 4711')
  expect(events).toEqual([])
})

test.each([401, 404])('a collector that answers %i is reported once, without secrets', async (status) => {
  const { traces, events } = open(await answering(status))
  await traces.post('key', async () => {})
  await traces[Symbol.asyncDispose]()
  expect(events).toMatchObject([{ type: 'traces_unsent', spans: 2, code: 'RIPPLE_TRACES_UNSENT' }])
  expect(JSON.stringify(events)).toContain(`status ${status}`)
  expect(JSON.stringify(events)).not.toContain('4711')
})

test.each([
  ['that hangs', null],
  ['that is away', 0],
] as const)('a collector %s delays no post, and the end by a bounded time', async (_what, status) => {
  const endpoint = status === null ? await answering(null) : 'http://127.0.0.1:1/v1/traces'
  const { traces } = open(endpoint)
  const begun = performance.now()
  for (let index = 0; index < 2 * limits.trace_queue_max; index++)
    await traces.post(`${index}`, async () => {})
  await traces[Symbol.asyncDispose]()
  expect(performance.now() - begun).toBeLessThan(4 * limits.trace_flush_ms)
})
