/** Makes valid requests of every door of a daemon. */
import { deployBody, evictBody, heartbeatBody, registerBody } from '../../../host/api/nodes/requests.ts'
import { jsonSchemaOf } from '../../../host/operations/json-schema.ts'
import type { Operation } from '../../../host/operations/operation.ts'
import { daemonOperations, routeOf } from '../../../host/operations/registry.ts'
import type { Prng } from '../sim/random.ts'
import { type Known, type Schema, sample } from './sample.ts'

/** A request before it is mutated. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON; undefined for none. */
  readonly body?: unknown
  /** Whether its answer takes as long as its work does. */
  readonly waits: boolean
}

/** Makes one of a door's requests. */
export type Door = (random: Prng) => Call

/** The parts of a daemon that requests name. */
export interface Subject {
  readonly agent: string
  /** A model that answers at once. */
  readonly model: string
  /** A closed task, and the CID of an artifact. */
  readonly task: string
  readonly cid: string
  /** A file that may be added. */
  readonly file: string
}

/** The share of questions that name a model which is there; the others cost no task, of which an epoch has some 1,250. */
const ANSWERED_SHARE = 0.03

/** Operations that are left out. */
const excluded: Readonly<Record<string, string>> = {
  down: 'it ends the daemon',
  'model.rm': 'it removes the model that the questions of the run ask',
  'moe.eval': 'it asks some hundred questions, and goes on when its client leaves',
}

/** Inputs in place of those from the schema, which would change the machine under the rest of the run or reach the internet. */
const tamed: Readonly<Record<string, object>> = {
  drain: { off: true },
  'share.pause': { off: true },
  'model.pull': { name: `sha256:${'0'.repeat(64)}`, background: true },
}

/** Lists the doors, each with the requests that it takes. */
export function doorsOf(subject: Subject): Readonly<Record<string, Door>> {
  const operations = daemonOperations.filter(({ name }) => !Object.hasOwn(excluded, name))
  const inputs = new Map(operations.map((one) => [one, jsonSchemaOf(one.input, 'input') as Schema]))
  const inputOf = (operation: Operation, random: Prng): unknown =>
    tamed[operation.name] ?? sample(inputs.get(operation) ?? {}, knownOf(subject, random), random)
  const tools = operations.filter(({ surfaces }) => surfaces.mcp !== undefined)
  return {
    operations: (random) => {
      const operation = random.pick(operations)
      const path = routeOf(random.pick(operation.names))
      return { ...post(path, inputOf(operation, random)), waits: mayWait(operation) }
    },
    mcp: (random) => {
      const tool = random.pick(tools)
      const call = { name: tool.surfaces.mcp, arguments: inputOf(tool, random) }
      return { ...mcpCall(call, subject, random), waits: true }
    },
    v1: (random) => v1Call(subject, random),
    a2a: (random) => a2aCall(subject, random),
    nodes: (random) => nodeCall(subject, random),
    ollama: (random) => ollamaCall(subject, random),
    others: (random) => {
      const path = random.pick(reads(subject))
      return { ...get(path), waits: /events|logs/.test(path) }
    },
  }
}

/** Whether an operation waits with one of its inputs. */
function mayWait({ waits, progress, name }: Operation): boolean {
  if (progress !== null || name.startsWith('doctor') || name.startsWith('chat')) return true
  try {
    return waits({})
  } catch {
    return true
  }
}

function modelOf({ model }: Subject, random: Prng): string {
  return random.chance(ANSWERED_SHARE) ? model : 'no-such-model'
}

function knownOf(subject: Subject, random: Prng): Known {
  const { agent, task, cid, file } = subject
  const out = `${file}.out`
  return {
    ...{
      id: [task, task, 'none'],
      cid: [cid, 'none'],
      path: [file],
      out: [out],
      output: [out],
      task: [task],
    },
    ...{
      peer: [agent, 'nobody'],
      agent: [agent],
      node: [agent, 'nobody'],
      model: [modelOf(subject, random)],
    },
    ...{
      prefer: ['nobody'],
      context_tokens: [4_096],
      base64: ['', 'aGVsbG8='],
      line: ['ripple-invite-1:AAAA'],
    },
    ...{ point: ['post', 'run'], code: ['RIPPLE_BUSY', true], with: [agent], server: ['none'], for_ms: [1] },
    ...{ timeout_ms: [1_000], fallback_to: [[agent]], after: [[task]], members: [['nobody']] },
  }
}

function get(path: string): Call {
  return { method: 'GET', path, headers: {}, waits: false }
}

function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Call {
  return { method: 'POST', path, headers, body, waits: false }
}

/** What is read without a body, streams and the WebSocket's handshake included. */
function reads({ task, agent, model }: Subject): readonly string[] {
  return [
    ...['/', '/ui/index.js', '/healthz', '/health', '/metrics', '/api/openapi.json', '/capacity', '/pods'],
    ...['/v1/models', `/v1/models/${model}`, `/v1/models/peer:${agent}/${model}`, '/v1/responses/resp_none'],
    ...[
      '/api/events',
      '/api/events?kinds=tasks',
      '/api/events?after=1',
      '/api/v1/nodes',
      '/api/v1/templates',
    ],
    ...[`/api/v1/deployments/${task}/logs`, `/ws/logs?deployment=${task}`, '/.well-known/agent-card.json'],
  ]
}

const tool = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Name a river.' }] },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
  },
  { role: 'tool', tool_call_id: 'c1', content: 'rain' },
]
const schema = { type: 'object', properties: { city: { type: 'string' } } }
const blocks = [
  { role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] },
  {
    role: 'assistant',
    content: [{ type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Bern' } }],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'rain' }] },
]
const input = [
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
  { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
  { type: 'function_call_output', call_id: 'c1', output: 'rain' },
]
const format = { type: 'json_schema', json_schema: { name: 'place', schema } }

/** Requests in the forms of OpenAI and of Anthropic. */
function v1Call(subject: Subject, random: Prng): Call {
  const model = modelOf(subject, random)
  const sampling = { model, max_tokens: 8, temperature: 0, stream: random.chance(0.3), seed: 1, stop: ['x'] }
  const anthropic = {
    model,
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: blocks,
    tools: [{ name: 'weather', input_schema: schema }],
  }
  const call = random.pick([
    post('/v1/chat/completions', { ...sampling, messages, tools: [tool], tool_choice: 'auto' }),
    post('/v1/chat/completions', {
      ...sampling,
      messages: messages.slice(0, 2),
      n: 2,
      response_format: format,
    }),
    post('/v1/chat/completions', {
      ...sampling,
      messages: messages.slice(0, 2),
      logprobs: true,
      top_logprobs: 2,
      logit_bias: { 5: 1 },
    }),
    post('/v1/completions', { ...sampling, prompt: 'Once upon', echo: true, logprobs: 1, n: 1 }),
    post('/v1/completions', { ...sampling, prompt: [504, 3_575], suffix: null }),
    post('/v1/embeddings', { model, input: ['a river', 'a tax form'], encoding_format: 'base64' }),
    post('/v1/responses', {
      model,
      input,
      tools: [{ type: 'function', name: 'weather', parameters: schema }, { type: 'web_search' }],
      stream: sampling.stream,
    }),
    post('/v1/responses', {
      model,
      input: 'Hello',
      instructions: 'Be brief.',
      previous_response_id: 'resp_none',
      store: true,
    }),
    post('/v1/messages?beta=true', {
      ...anthropic,
      max_tokens: 8,
      stream: sampling.stream,
      thinking: { type: 'enabled', budget_tokens: 1_024 },
    }),
    post('/v1/messages/count_tokens', anthropic),
    { ...get('/v1/responses/resp_none'), method: 'DELETE' },
  ])
  return { ...call, waits: true }
}

const latest = '2026-07-28'
const _meta = {
  'io.modelcontextprotocol/protocolVersion': latest,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** A message of the Model Context Protocol, of either era; `toolCall` is the call of a tool. */
function mcpCall(toolCall: { name?: string | undefined }, { task }: Subject, random: Prng): Call {
  const clientInfo = { name: 'test', version: '1' }
  const [method, params] = random.pick<readonly [string, object]>([
    ['tools/call', toolCall],
    ['tools/call', toolCall],
    ['tools/call', { ...toolCall, _meta: { progressToken: 1 } }],
    ['initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }],
    ['server/discover', {}],
    ['tools/list', {}],
    ['resources/list', {}],
    ['resources/templates/list', {}],
    [
      'resources/read',
      { uri: random.pick(['ripple://tasks', 'ripple://peers', `ripple://tasks/${task}/history`]) },
    ],
    ['prompts/list', {}],
    ['prompts/get', { name: 'explain_task', arguments: { task } }],
    ['subscriptions/listen', { subscriptions: ['tools/list'] }],
    ['notifications/initialized', {}],
    ['notifications/cancelled', { requestId: 1, reason: 'no' }],
    ['logging/setLevel', { level: 'debug' }],
    [
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'explain_task' }, argument: { name: 'task', value: 'a' } },
    ],
    ['tasks/get', { taskId: task }],
    ['ping', {}],
  ])
  const accept = 'application/json, text/event-stream'
  const path = random.pick(['/mcp', '/mcp', '/mcp?read-only', '/mcp?underscores'])
  const isNote = method.startsWith('notifications/')
  const message = { jsonrpc: '2.0', ...(isNote ? {} : { id: random.int(0, 9) }), method }
  if (random.chance(0.5)) {
    const body = { ...message, params }
    return post(path, random.chance(0.1) ? [body, body] : body, {
      accept,
      'mcp-protocol-version': '2025-06-18',
    })
  }
  const name = Reflect.get(params, 'name') ?? Reflect.get(params, 'uri')
  const named = typeof name === 'string' ? { 'mcp-name': name } : {}
  const headers = { accept, 'mcp-protocol-version': latest, 'mcp-method': method, ...named }
  return post(path, { ...message, params: { ...params, _meta } }, headers)
}

/** A call of A2A 1.0 or 0.3. */
function a2aCall(subject: Subject, random: Prng): Call {
  const { task } = subject
  const ripple = { max_tokens: 8, model: modelOf(subject, random) }
  const now = { messageId: `m${random.int(0, 1e9)}`, role: 'ROLE_USER', parts: [{ text: 'Hello' }] }
  const old = {
    kind: 'message',
    messageId: now.messageId,
    role: 'user',
    parts: [{ kind: 'text', text: 'Hello' }],
  }
  const push = { id: task, pushNotificationConfig: { url: 'https://example.com' } }
  const [version, method, params] = random.pick<readonly [string, string, object]>([
    [
      '1.0',
      'SendMessage',
      { message: now, configuration: { returnImmediately: true }, metadata: { ripple } },
    ],
    ['1.0', 'SendStreamingMessage', { message: now, metadata: { ripple } }],
    ['1.0', 'GetTask', { id: task, historyLength: 2 }],
    ['1.0', 'ListTasks', { pageSize: 5, status: 'TASK_STATE_COMPLETED', includeArtifacts: true }],
    ['1.0', 'CancelTask', { id: task }],
    ['1.0', 'SubscribeToTask', { id: task }],
    ['1.0', 'CreateTaskPushNotificationConfig', push],
    ['1.0', 'GetExtendedAgentCard', {}],
    ['0.3', 'message/send', { message: old, configuration: { blocking: false }, metadata: { ripple } }],
    ['0.3', 'message/stream', { message: old, metadata: { ripple } }],
    ['0.3', 'tasks/get', { id: task }],
    ['0.3', 'tasks/cancel', { id: task }],
    ['0.3', 'tasks/resubscribe', { id: task }],
    ['0.3', 'tasks/pushNotificationConfig/set', push],
  ])
  const body = { jsonrpc: '2.0', id: random.int(0, 9), method, params }
  return { ...post('/a2a', body, { 'a2a-version': version, accept: 'text/event-stream' }), waits: true }
}

/** A request in the form of Ollama, for its own port. */
function ollamaCall(subject: Subject, random: Prng): Call {
  const model = modelOf(subject, random)
  const options = { num_predict: 8, temperature: 0, stop: ['x'], top_k: 2 }
  const messages = [
    { role: 'user', content: 'Hello', images: [] },
    { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: {} } }] },
    { role: 'tool', tool_name: 'weather', content: 'rain' },
  ]
  const shared = { model, options, stream: random.chance(0.5), keep_alive: '5m' }
  const call = random.pick([
    post('/api/chat', { ...shared, messages, tools: [tool], think: false }),
    post('/api/chat', { ...shared, messages: [] }),
    post('/api/generate', { ...shared, prompt: 'Hello', system: 'Be brief.', format: 'json' }),
    post('/api/embed', { model, input: ['a river'], truncate: true }),
    post('/api/embeddings', { model, prompt: 'a river' }),
    post('/api/show', { model, verbose: true }),
    post('/api/pull', { model }),
    ...['/', '/api/version', '/api/tags', '/api/ps'].map(get),
  ])
  return { ...call, waits: true }
}

const bodies = [
  ['register', jsonSchemaOf(registerBody, 'input')],
  ['heartbeat', jsonSchemaOf(heartbeatBody, 'input')],
  ['deploy', jsonSchemaOf(deployBody, 'input')],
  ['evict', jsonSchemaOf(evictBody, 'input')],
] as const

/** A request that writes by the node API. */
function nodeCall(subject: Subject, random: Prng): Call {
  const { agent } = subject
  const [name, schema] = random.pick(bodies)
  const known = {
    ...knownOf(subject, random),
    name: [agent, 'nobody'],
    node_id: [agent, 'nobody'],
    template_id: ['ollama'],
  }
  const body = sample(schema as Schema, known, random)
  const long = name === 'register' ? 'register' : `${agent}/${name}`
  const model = modelOf(subject, random)
  return random.pick([
    post(`/${name}`, body),
    post(name === 'evict' ? '/evict' : `/api/v1/nodes/${long}`, body),
    post('/schedule', { plan: random.chance(0.5), prompt: 'Hello', model, max_tokens: 8 }),
  ])
}
