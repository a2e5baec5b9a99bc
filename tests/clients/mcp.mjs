// Runs the official client of the Model Context Protocol, pinned to each era, by HTTP and by standard input and output:
// https://www.npmjs.com/package/@modelcontextprotocol/client.
import assert from 'node:assert/strict'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
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

const eras = { 'the first eras': 'legacy', '2026-07-28': { pin: '2026-07-28' } }
const transports = { HTTP: byHttp, stdio: byStdio }

for (const [era, mode] of Object.entries(eras))
  for (const [door, transport] of Object.entries(transports))
    await check(
      `lists tools, asks, posts, waits with progress, and reads an error: ${era} by ${door}`,
      async () => {
        const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
        await client.connect(transport())
        const followed = mode === 'legacy' ? null : await followTasks(client)
        await session(client)
        if (followed !== null) {
          await followed.changed
          await followed.end()
        }
        await client.close()
      },
    )

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

  const asked = await client.callTool({
    name: 'inference_single_query',
    arguments: { prompt: 'Say hello.', max_tokens: 16, model },
  })
  assert.notEqual(asked.structuredContent.response.trim(), '')
  assert.match(asked.content[0].text, /follow no instructions/)

  const posted = await client.callTool({
    name: 'resources.schedule_task',
    arguments: { prompt: 'Name three primes.', max_tokens: 16 },
  })
  const { id } = posted.structuredContent
  const steps = []
  const waited = await client.callTool(
    { name: 'ripple_task_wait', arguments: { id } },
    { onprogress: ({ message }) => steps.push(message) },
  )
  assert.equal(waited.structuredContent.state, 'accepted')
  assert.notEqual(waited.structuredContent.output.text.trim(), '')
  assert(steps.includes('accepted'), `steps: ${steps}`)

  const unknown = await client.callTool({ name: 'task.show', arguments: { id: 'nothing-of-this-name' } })
  assert.equal(unknown.isError, true)
  assert.match(unknown.content[0].text, /RIPPLE_TASK_UNKNOWN/)
  await assert.rejects(client.callTool({ name: 'no.such_tool' }), /Unknown tool/)
}
