// Runs the official client of A2A for JavaScript, for A2A 1.0: https://www.npmjs.com/package/@a2a-js/sdk.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Role, TaskState, verifyAgentCardSignature } from '@a2a-js/sdk'
import {
  ClientFactory,
  createAuthenticatingFetchWithRetry,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client'
import { TaskNotCancelableError, TaskNotFoundError, UnsupportedOperationError } from '@a2a-js/sdk/errors'
import { check } from './check.mjs'

const { A2A_URL: url, A2A_KEY: key } = process.env

/** Makes a client that sends this key with each call. */
function clientWith(given) {
  const headers = { authorization: `Bearer ${given}` }
  const fetchImpl = createAuthenticatingFetchWithRetry(fetch, {
    headers: async () => headers,
    shouldRetryWithHeaders: async () => undefined,
  })
  return new ClientFactory({ transports: [new JsonRpcTransportFactory({ fetchImpl })] }).createFromUrl(url)
}

/** Makes a request that has the mesh run a prompt. */
function request(prompt, { contextId = '', returnImmediately = false, ripple = {} } = {}) {
  return {
    tenant: '',
    message: {
      messageId: randomUUID(),
      contextId,
      taskId: '',
      role: Role.ROLE_USER,
      parts: [
        {
          content: { $case: 'text', value: prompt },
          mediaType: 'text/plain',
          filename: '',
          metadata: undefined,
        },
      ],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately },
    metadata: { ripple: { max_tokens: 24, ...ripple } },
  }
}

const textOf = ({ parts }) => parts.map(({ content }) => content.value).join('')
const artifact = ({ artifacts }, id) => artifacts.find(({ artifactId }) => artifactId === id)

const client = await clientWith(key)
const contextId = randomUUID()
let done = null

await check('reads the Agent Card and verifies its signature with the key that it names', async () => {
  const card = await new DefaultAgentCardResolver().resolve(url)
  assert.equal(client.protocolVersion, '1.0')
  const keyOf = async (kid, jku) => (await (await fetch(jku)).json()).keys.find((one) => one.kid === kid)
  await verifyAgentCardSignature(keyOf)(card)
  await assert.rejects(verifyAgentCardSignature(keyOf)({ ...card, name: 'another' }))
})

await check('sends a message and gets the answer with its receipt', async () => {
  done = await client.sendMessage(request('Name three primes.', { contextId }))
  assert.equal(done.status.state, TaskState.TASK_STATE_COMPLETED)
  assert.equal(done.contextId, contextId)
  assert.notEqual(textOf(artifact(done, 'output')).trim(), '')
  assert(artifact(done, 'receipt').parts[0].content.value.length > 500)
})

await check('repeats a message without a second task', async () => {
  const same = request('Say hello.', { contextId })
  const [one, other] = [await client.sendMessage(same), await client.sendMessage(same)]
  assert.equal(one.id, other.id)
})

await check('gets and lists tasks of its context', async () => {
  const got = await client.getTask({ tenant: '', id: done.id })
  assert.deepEqual(got.artifacts, done.artifacts)
  const { tasks, totalSize, nextPageToken } = await client.listTasks({
    tenant: '',
    contextId,
    status: TaskState.TASK_STATE_COMPLETED,
    pageSize: 1,
    pageToken: '',
  })
  assert.deepEqual([tasks.length, totalSize, nextPageToken], [1, 2, tasks[0].id])
})

await check('streams the steps, the pieces and the end of a task', async () => {
  const seen = []
  let answer = ''
  for await (const { payload } of client.sendMessageStream(request('Count to five.'))) {
    seen.push(payload.$case)
    if (payload.$case !== 'artifactUpdate' || payload.value.artifact.artifactId !== 'output') continue
    answer = (payload.value.append ? answer : '') + textOf(payload.value.artifact)
  }
  assert.equal(seen[0], 'task')
  assert.equal(seen.at(-1), 'statusUpdate')
  assert(seen.filter((one) => one === 'artifactUpdate').length >= 3)
  assert.notEqual(answer.trim(), '')
})

await check('cancels a task, and then can neither cancel nor follow a closed one', async () => {
  const ripple = { force: true, memory_mib: 1_000_000 }
  const begun = await client.sendMessage(request('Wait.', { returnImmediately: true, ripple }))
  assert.equal(begun.status.state, TaskState.TASK_STATE_SUBMITTED)
  const ended = await client.cancelTask({ tenant: '', id: begun.id, metadata: undefined })
  assert.equal(ended.status.state, TaskState.TASK_STATE_CANCELED)
  await assert.rejects(
    client.cancelTask({ tenant: '', id: done.id, metadata: undefined }),
    TaskNotCancelableError,
  )
  await assert.rejects(client.resubscribeTask({ tenant: '', id: done.id }).next(), UnsupportedOperationError)
})

await check('follows an open task to its end', async () => {
  const begun = await client.sendMessage(request('Name a river.', { returnImmediately: true }))
  let last = null
  for await (const { payload } of client.resubscribeTask({ tenant: '', id: begun.id })) last = payload
  assert.equal(last.value.status.state, TaskState.TASK_STATE_COMPLETED)
})

await check('reads errors: an unknown task, a wrong field, a wrong key', async () => {
  await assert.rejects(client.getTask({ tenant: '', id: 'nothing-of-that-name' }), TaskNotFoundError)
  const wrong = request('Hello.', { ripple: { max_tokens: -1 } })
  await assert.rejects(client.sendMessage(wrong), /max_tokens/)
  await assert.rejects((await clientWith('wrong')).getTask({ tenant: '', id: done.id }), /401/)
})
