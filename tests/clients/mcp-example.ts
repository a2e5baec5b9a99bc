// The server of MCP's conformance suite, by the names that the suite asks for: https://github.com/modelcontextprotocol/conformance.
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { FastifyError } from 'fastify'
import { connectionBounds } from '../../host/api/connections.ts'
import { guardRequests } from '../../host/api/guard-requests.ts'
import { httpApp } from '../../host/api/http-app.ts'
import { mcpRoutes } from '../../host/api/mcp/routes.ts'
import { RouteMethods } from '../../host/api/paths.ts'
import { asRippleError } from '../../host/api/request-error.ts'
import { owner } from '../../host/types/principal.ts'
import { forever } from '../harness/forever.ts'
import { stubContext } from '../unit/api/stub-context.ts'

/** An image of one pixel, and a sound without samples, in base64. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA='

const text = (value: string) => ({ type: 'text' as const, text: value })
const image = { type: 'image' as const, data: png, mimeType: 'image/png' }
const embedded = (uri: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType: 'text/plain', text: 'This is an embedded resource.' },
})

const state = createRequestStateCodec<string>({ key: crypto.getRandomValues(new Uint8Array(32)) })

/** Asks the client for one field of a form. */
const form = (message: string, field: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] },
  })
const sample = (question: string) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: text(question) }],
    maxTokens: 100,
  })

type Tool = (context: ServerContext) => Promise<object> | object

/** The tools whose answers never change. */
const answers: Readonly<Record<string, object>> = {
  test_simple_text: { content: [text('This is a simple text.')] },
  test_image_content: { content: [image] },
  test_audio_content: { content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] },
  test_embedded_resource: { content: [embedded('test://embedded-resource')] },
  test_multiple_content_types: { content: [text('Several'), image, embedded('test://mixed')] },
  test_error_handling: { content: [text('This tool always fails.')], isError: true },
  json_schema_2020_12_tool: { content: [text('ok')] },
}

const done = (value: string) => ({ content: [text(value)] })

/** The tools that do something. */
const tools: Readonly<Record<string, Tool>> = {
  ...Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, () => answer])),
  test_tool_with_progress: async ({ mcpReq: { _meta, notify } }) => {
    for (const progress of [0, 50, 100]) {
      const progressToken = _meta?.progressToken
      if (progressToken !== undefined)
        await notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
      await sleep(50)
    }
    return done('done')
  },
  test_logging_tool: async ({ mcpReq }) => {
    await mcpReq.log('info', 'the tool runs')
    return done('logged')
  },
  test_tool_with_logging: async ({ mcpReq }) => {
    for (const step of ['one', 'two', 'three']) await mcpReq.log('info', step)
    return done('logged')
  },
  test_streaming_elicitation: ({ mcpReq }) =>
    inputResponse(mcpReq.inputResponses, 'user_name').kind === 'missing'
      ? inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } })
      : done('thank you'),
  test_missing_capability: ({ mcpReq }) => {
    if (!declares(mcpReq, 'sampling'))
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } })
    return done('sampling is there')
  },
  test_input_required_result_elicitation: ({ mcpReq }) => {
    const answer = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'user_name')
    return answer === undefined
      ? inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } })
      : done(`Hello, ${answer.name}!`)
  },
  test_input_required_result_sampling: ({ mcpReq }) => {
    const { kind } = inputResponse(mcpReq.inputResponses, 'capital_question')
    return kind === 'sampling'
      ? done('The capital is known.')
      : inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?') } })
  },
  test_input_required_result_list_roots: ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots')
    return answer.kind === 'roots'
      ? done(`Roots: ${answer.roots.map(({ uri }) => uri).join(', ')}`)
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  },
  test_input_required_result_request_state: ({ mcpReq }) => confirmed(mcpReq),
  test_input_required_result_tampered_state: ({ mcpReq }) => confirmed(mcpReq),
  test_input_required_result_multiple_inputs: async ({ mcpReq: { inputResponses } }) => {
    const wanted = ['user_name', 'greeting', 'client_roots']
    if (wanted.every((key) => inputResponse(inputResponses, key).kind !== 'missing')) return done('all here')
    const requestState = await state.mint('several')
    return inputRequired({
      requestState,
      inputRequests: {
        user_name: form('What is your name?', 'name'),
        greeting: sample('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
    })
  },
  test_input_required_result_multi_round: async ({ mcpReq }) => {
    const round = mcpReq.requestState<string>()
    if (round === 'second') return done('both rounds are done')
    const [next, key, field] = round === 'first' ? ['second', 'step2', 'color'] : ['first', 'step1', 'name']
    const inputRequests = { [String(key)]: form(`What is your ${field}?`, String(field)) }
    return inputRequired({ requestState: await state.mint(String(next)), inputRequests })
  },
  test_input_required_result_capabilities: ({ mcpReq }) =>
    inputRequired({
      inputRequests: {
        ...(declares(mcpReq, 'sampling') && { question: sample('What is 1 + 1?') }),
        ...(declares(mcpReq, 'elicitation') && { name: form('What is your name?', 'name') }),
      },
    }),
}

async function confirmed({ inputResponses, requestState }: ServerContext['mcpReq']) {
  if (inputResponses !== undefined && requestState<string>() === 'confirm') return done('state-ok')
  const inputRequests = { confirm: form('Please confirm', 'ok') }
  return inputRequired({ requestState: await state.mint('confirm'), inputRequests })
}

function declares({ envelope }: ServerContext['mcpReq'], capability: string): boolean {
  const declared = Reflect.get(Object(envelope), 'io.modelcontextprotocol/clientCapabilities')
  return Reflect.get(Object(declared), capability) !== undefined
}

const user = (content: object) => ({ role: 'user', content })

/** The prompts, by name: their arguments, and their messages. */
const prompts: Readonly<Record<string, readonly [string[], (given: Record<string, string>) => object[]]>> = {
  test_simple_prompt: [[], () => [user(text('This is a simple prompt.'))]],
  test_prompt_with_arguments: [
    ['arg1', 'arg2'],
    ({ arg1, arg2 }) => [user(text(`Arguments: '${arg1}', '${arg2}'`))],
  ],
  test_prompt_with_embedded_resource: [
    ['resourceUri'],
    ({ resourceUri = '' }) => [user(embedded(resourceUri)), user(text('Please process it.'))],
  ],
  test_prompt_with_image: [[], () => [user(image), user(text('Please describe it.'))]],
  test_input_required_result_prompt: [[], () => [user(text('With the context of the client.'))]],
}

/** Returns the contents of a resource. Throws for an unknown one. */
function contentsOf(uri: string): object {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
  if (id !== undefined) return { uri, mimeType: 'application/json', text: JSON.stringify({ id }) }
  if (uri === 'test://static-text') return { uri, mimeType: 'text/plain', text: 'A static text.' }
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: png }
  throw new ResourceNotFoundError(uri)
}

/** Serves it on loopback by the daemon's own routes, with their checks of Host and Origin, to a client without a key. */
export async function serveExample(): Promise<{ url: string; close(): Promise<void> }> {
  const methods = new RouteMethods()
  const { app, strangers } = httpApp({
    ...{ bounds: connectionBounds, methods },
    form: (error) => ({ status: error.http, body: error.toJSON() }),
    mayUpgrade: () => false,
  })
  app.setErrorHandler((thrown: FastifyError, _request, reply) => {
    const error = asRippleError(thrown)
    reply.code(error.http).send(error.toJSON())
  })
  const port = (): number => (app.server.address() as AddressInfo).port
  const context = stubContext({})
  guardRequests(app, strangers, {
    ...{ port, keys: context.keys, caller: () => owner },
    doors: () => ({ hosts: [], origins: [] }),
    unknown: (request) => methods.refusal(request),
    isAdvised: () => false,
  })
  app.register(mcpRoutes({ context, emit: () => {}, signal: forever, make: exampleServer }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: `http://127.0.0.1:${port()}/mcp`, close: () => app.close() }
}

/** Makes the server of one request. */
function exampleServer(): Server {
  const server = new Server(
    { name: 'example', version: '1' },
    {
      capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, logging: {} },
      requestState: { verify: state.verify },
    },
  )
  const empty = { type: 'object' as const }
  server.setRequestHandler('tools/list', () => ({
    tools: Object.keys(tools).map((name) => ({ name, description: name, inputSchema: empty })),
  }))
  server.setRequestHandler('tools/call', async ({ params: { name } }, context) => {
    const tool = tools[name]
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`)
    return (await tool(context)) as ReturnType<typeof done>
  })
  server.setRequestHandler('resources/list', () => ({
    resources: ['text', 'binary'].map((name) => ({ uri: `test://static-${name}`, name })),
  }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template' }],
  }))
  server.setRequestHandler('resources/read', ({ params: { uri } }) => ({
    contents: [contentsOf(uri) as { uri: string; text: string }],
  }))
  server.setRequestHandler('prompts/list', () => ({
    prompts: Object.entries(prompts).map(([name, [given]]) => ({
      ...{ name, description: name },
      arguments: given.map((one) => ({ name: one, required: true })),
    })),
  }))
  server.setRequestHandler('prompts/get', ({ params }, { mcpReq }) => {
    const [, messages] = prompts[params.name] ?? []
    if (messages === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown prompt')
    if (params.name.includes('input_required') && mcpReq.inputResponses === undefined)
      return inputRequired({ inputRequests: { user_context: form('Which context?', 'context') } })
    return { messages: messages(params.arguments ?? {}) } as never
  })
  server.setRequestHandler('completion/complete', () => ({ completion: { values: [] } }))
  return server
}
