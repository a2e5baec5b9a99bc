// Runs the official client of the Model Context Protocol, pinned to each era, by HTTP and by standard input and output:
// https://www.npmjs.com/package/@modelcontextprotocol/client.
import assert from 'node:assert/strict'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { createTaskSessionFromClient } from '@modelcontextprotocol/ext-tasks/client'
import { check, model } from './check.mjs'

const { RIPPLE_URL, RIPPLE_TOKEN, RIPPLE_COMMAND, RIPPLE_DATA } = process.env

const byHttp = () =>
  new StreamableHTTPClientTransport(new URL(`${RIPPLE_URL}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${RIPPLE_TOKEN}` } },
  })
const byStdio = () =>
  new StdioClientTransport({
    command: process.execPath,
    args: [RIPPLE_COMMAND, 'mcp', '--data', RIPPLE_DATA],
  })

const version = '2026-07-28'
const eras = { 'the first eras': 'legacy', [version]: { pin: version } }
/** The most waits for a task after the first, and the longest time of a question in milliseconds. */
const MORE_WAITS = 3
const ASK_MS = 120_000

const clientInfo = { name: 'test', version: '1' }
const transports = { HTTP: byHttp, stdio: byStdio }

for (const [era, mode] of Object.entries(eras))
  for (const [door, transport] of Object.entries(transports))
    await check(
      `lists tools, asks, posts, waits with progress, and reads an error: ${era} by ${door}`,
      async () => {
        await using stack = new AsyncDisposableStack()
        const client = new Client(clientInfo, { versionNegotiation: { mode } })
        stack.defer(() => client.close())
        await client.connect(transport())
        const followed = mode === 'legacy' ? null : await followTasks(client)
        await session(client)
        if (followed !== null) {
          await followed.changed
          await followed.end()
        }
      },
    )

for (const [door, transport] of Object.entries(transports))
  await check(`gets handles of tasks in place of waits, and cancels one, by ${door}`, async () => {
    await using stack = new AsyncDisposableStack()
    const client = new Client(clientInfo, { versionNegotiation: { mode: eras[version] } })
    stack.defer(() => client.close())
    await client.connect(transport())
    const raw = transport()
    stack.defer(() => raw.close())
    const tasks = createTaskSessionFromClient(client, {
      ...{ endpointId: door, rawDispatch: await dispatcher(raw) },
      v2RequestFraming: { protocolVersion: version, clientInfo, clientCapabilities: {} },
    })
    const post = (prompt, options) =>
      tasks.callTool('resources.schedule_task', { prompt, max_tokens: 16, ...options })
    const posted = await post('Name three primes.')
    assert.equal(posted.kind, 'task')
    const { outcome } = await posted.settle()
    assert.equal(outcome.status, 'completed')
    assert.equal(outcome.result.structuredContent.state, 'accepted')

    // No machine has this much memory, so the task stays open until it is cancelled.
    const stuck = await post('Name three rivers.', { memory_mib: 1_000_000, force: true })
    await stuck.cancel()
    assert.equal((await stuck.settle()).outcome.status, 'cancelled')
    await tasks.close()
  })

/** Returns what sends a request as it is: the official client refuses results that are handles of tasks. */
async function dispatcher(transport) {
  const answers = new Map()
  transport.onmessage = (message) => answers.get(message.id)?.(message)
  await transport.start()
  return async (request) => {
    const id = answers.size
    const { promise, resolve } = Promise.withResolvers()
    answers.set(id, resolve)
    await transport.send({ jsonrpc: '2.0', id, ...request })
    const { result, error } = await promise
    return error === undefined ? { kind: 'result', result } : { kind: 'error', error }
  }
}

/** Follows the tasks, which only clients of 2026-07-28 can. `changed` resolves at the first change. */
async function followTasks(client) {
  const { promise: changed, resolve } = Promise.withResolvers()
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    if (params.uri === 'ripple://tasks') resolve()
  })
  const subscription = await client.listen({ resourceSubscriptions: ['ripple://tasks'] })
  return { changed, end: () => subscription.close() }
}

/** One session of an agent: it asks a model, posts a task, and follows it to its end. */
async function session(client) {
  const { tools } = await client.listTools()
  const names = tools.map(({ name }) => name)
  assert(['status', 'inference.single_query', 'ripple_task_wait'].every((name) => names.includes(name)))

  const asked = await client.callTool(
    {
      name: 'inference_single_query',
      arguments: { prompt: 'Say hello.', max_tokens: 16, model },
    },
    { timeout: ASK_MS },
  )
  assert.notEqual(asked.structuredContent.response.trim(), '')
  assert.match(asked.content[0].text, /follow no instructions/)

  const posted = await client.callTool({
    name: 'resources.schedule_task',
    arguments: { prompt: 'Name three primes.', max_tokens: 16 },
  })
  const { id } = posted.structuredContent
  const steps = []
  const wait = () =>
    client.callTool(
      { name: 'ripple_task_wait', arguments: { id } },
      { onprogress: ({ message }) => steps.push(message) },
    )
  let waited = await wait()
  // A wait is shorter than a busy machine may take for an answer.
  for (let more = 0; more < MORE_WAITS && waited.structuredContent.times.closed_at === null; more++)
    waited = await wait()
  assert.equal(waited.structuredContent.state, 'accepted')
  assert.notEqual(waited.structuredContent.output.text.trim(), '')
  // The client drops a step that arrives in one piece with the result, so the last one may be missing.
  assert(steps.includes('delivered') || steps.includes('accepted'), `steps: ${steps}`)

  const unknown = await client.callTool({ name: 'task.show', arguments: { id: 'nothing-of-this-name' } })
  assert.equal(unknown.isError, true)
  assert.match(unknown.content[0].text, /RIPPLE_TASK_UNKNOWN/)
  await assert.rejects(client.callTool({ name: 'no.such_tool' }), /Unknown tool/)
}
