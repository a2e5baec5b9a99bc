// Runs the official client of A2A for JavaScript, for A2A 0.3: https://www.npmjs.com/package/@a2a-js/sdk.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  ClientFactory,
  createAuthenticatingFetchWithRetry,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from 'a2a-legacy/client'
import { check } from './check.mjs'

const { A2A_URL: url, A2A_KEY: key } = process.env
const fetchImpl = createAuthenticatingFetchWithRetry(fetch, {
  headers: async () => ({ authorization: `Bearer ${key}` }),
  shouldRetryWithHeaders: async () => undefined,
})
const transports = [new JsonRpcTransportFactory({ fetchImpl })]
const client = await new ClientFactory({ transports }).createFromUrl(url)

/** Makes a request that has the mesh run a prompt. */
const request = (text, configuration = {}, ripple = {}) => ({
  message: { kind: 'message', messageId: randomUUID(), role: 'user', parts: [{ kind: 'text', text }] },
  configuration,
  metadata: { ripple: { max_tokens: 24, ...ripple } },
})

let done = null

await check('reads the Agent Card in the form of 0.3', async () => {
  const { url: endpoint, protocolVersion } = await new DefaultAgentCardResolver().resolve(url)
  assert.deepEqual([endpoint, protocolVersion], [`${url}/a2a`, '0.3'])
})

await check('sends a message and gets the answer with its receipt', async () => {
  done = await client.sendMessage(request('Name three primes.'))
  assert.equal(done.status.state, 'completed')
  const [output, receipt] = done.artifacts
  assert.notEqual(output.parts[0].text.trim(), '')
  assert(receipt.parts[0].file.bytes.length > 500)
  assert.deepEqual(await client.getTask({ id: done.id }), done)
})

await check('streams the steps, the pieces and the end of a task', async () => {
  const seen = []
  for await (const event of client.sendMessageStream(request('Count to five.'))) seen.push(event)
  assert.equal(seen[0].kind, 'task')
  assert.deepEqual([seen.at(-1).kind, seen.at(-1).final], ['status-update', true])
  assert(seen.filter(({ kind }) => kind === 'artifact-update').length >= 3)
})

await check('cancels a task, and reads errors', async () => {
  const begun = await client.sendMessage(
    request('Wait.', { blocking: false }, { force: true, memory_mib: 1_000_000 }),
  )
  assert.equal(begun.status.state, 'submitted')
  assert.equal((await client.cancelTask({ id: begun.id })).status.state, 'canceled')
  await assert.rejects(client.cancelTask({ id: done.id }), /cancel/)
  await assert.rejects(client.getTask({ id: 'nothing-of-that-name' }), /task/i)
})
