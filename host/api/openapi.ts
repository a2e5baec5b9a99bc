/** Describes every route of the API as an OpenAPI 3.1 document. */
import { z } from 'zod'
import { errorFields } from '../errors/ripple-error.ts'
import type { ErrorRow } from '../errors/row.ts'
import { errors } from '../errors/table.ts'
import { jsonSchemaOf, type Property } from '../operations/json-schema.ts'
import { commonErrors, type Operation } from '../operations/operation.ts'
import { daemonOperations, routeOf } from '../operations/registry.ts'
import { askErrors } from '../operations/request-fields.ts'
import { eventKinds } from '../telemetry/catalogue.ts'
import { type Scope, scopes } from '../types/principal.ts'
import { version } from '../version.ts'
import { A2A_PATH, KEYS_PATH } from './a2a/agent-card.ts'
import { countRequest, messagesRequest } from './messages/request.ts'
import { bodySchema, nodeRoutes } from './nodes/described.ts'
import { chatRequest } from './openai/chat-request.ts'
import { completionRequest } from './openai/completion-request.ts'
import { embeddingRequest } from './openai/embedding-request.ts'
import { redeemInput } from './page.ts'
import { responsesRequest } from './responses/request.ts'

type Method = 'get' | 'post' | 'delete'

/** One route of the document. */
export interface Route {
  readonly path: string
  readonly method: Method
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Fields of the path and the headers. */
  readonly parameters?: readonly object[]
  readonly body?: Property
  readonly answer: object
  readonly codes: readonly string[]
  /** The form of its errors. */
  readonly error: 'Error' | 'OpenaiError' | 'AnthropicError'
  /** Whether it needs no key. */
  readonly open?: boolean
  /** Ripple's own facts about it. */
  readonly facts?: Readonly<Record<`x-ripple-${string}`, unknown>>
}

const codes = Object.keys(errors)

/** An error of Ripple's own routes. */
const ripplesError = z.object({
  error: z.object({ code: z.enum(codes).describe('the stable code'), ...errorFields }),
})

/** An error in OpenAI's format. */
const openaisError = z.object({
  error: z.object({
    code: z.string().describe("OpenAI's code"),
    type: z.string().describe("OpenAI's type"),
    param: z.string().nullable().describe('the field of the request'),
    ripple_code: z.enum(codes).describe('the stable code'),
    ...errorFields,
  }),
})

/** An error in Anthropic's format. */
const anthropicsError = z.object({
  type: z.literal('error'),
  error: z.object({
    type: z.string().describe("Anthropic's type"),
    param: z.string().nullable().describe('the field of the request'),
    details: z.object({ error_code: z.string(), unsupported: z.array(z.string()) }).nullable(),
    ripple_code: z.enum(codes).describe('the stable code'),
    ...errorFields,
  }),
})

const json = (schema: unknown): object => ({ 'application/json': { schema } })
const anyObject = { type: 'object' }

function operationRoutes(operation: Operation): Route[] {
  const { names, title, summary, description, effect, scope, idempotent, progress } = operation
  return names.map((name) => ({
    path: routeOf(name),
    method: 'post',
    id: name,
    tag: name.split('.')[0] ?? name,
    summary,
    description,
    body: jsonSchemaOf(operation.input, 'input'),
    answer: { description: 'The answer.', content: json(jsonSchemaOf(operation.output, 'output')) },
    codes: operation.errors,
    error: 'Error',
    facts: {
      'x-ripple-title': title,
      'x-ripple-effect': effect,
      'x-ripple-scope': scope,
      'x-ripple-idempotent': idempotent,
      ...(progress === null ? {} : { 'x-ripple-progress': progress }),
    },
  }))
}

const events = { 'text/event-stream': { schema: { type: 'string' } } }

/** Describes an endpoint of OpenAI, or of a similar API, that asks a model. */
function openaiRoute(path: string, request: z.ZodType, summary: string, streams: boolean): Route {
  return {
    path: `/v1/${path}`,
    method: 'post',
    id: `v1.${path.replace('/', '.')}`,
    tag: 'v1',
    summary,
    body: openFields(jsonSchemaOf(request, 'output')),
    answer: {
      description: `The answer as that API gives it${streams ? ', or with stream a stream of its pieces' : ''}.`,
      content: { ...json(anyObject), ...(streams ? events : {}) },
    },
    codes: askErrors,
    error: 'OpenaiError',
    facts: { 'x-ripple-effect': 'write', 'x-ripple-scope': 'infer' },
  }
}

/** Allows fields that a schema does not name: clients send many, and the answer names those that were ignored. */
function openFields(schema: Property): Property {
  const isClosed = (key: string, value: unknown): boolean => key === 'additionalProperties' && value === false
  return JSON.parse(JSON.stringify(schema, (key, value) => (isClosed(key, value) ? undefined : value)))
}

const read = { 'x-ripple-effect': 'read', 'x-ripple-scope': 'read' } as const
/** The facts of a route that several scopes allow. */
const readBy = (allowed: readonly Scope[]) => ({ 'x-ripple-effect': 'read', 'x-ripple-scope': allowed })

const after = { description: 'The last event that the client has.', schema: { type: 'string' } }

/** The stream of events. */
const eventsRoute: Route = {
  method: 'get',
  path: '/api/events',
  id: 'events',
  tag: 'daemon',
  summary: 'Stream the events of the daemon, each with its id (docs/EVENTS.md)',
  parameters: [
    { ...after, name: 'last-event-id', in: 'header' },
    { ...after, name: 'after', in: 'query' },
    {
      name: 'kinds',
      in: 'query',
      description: 'Kinds of events, with commas between them; all of them if left out.',
      style: 'form',
      explode: false,
      schema: { type: 'array', items: { enum: eventKinds } },
    },
  ],
  answer: { description: 'Server-sent events without an end.', content: events },
  codes: ['RIPPLE_BUSY'],
  error: 'Error',
  facts: read,
}

/** The door of the Model Context Protocol, whose documents the protocol defines. */
const mcpRoute: Route = {
  method: 'post',
  path: '/mcp',
  id: 'mcp',
  tag: 'mcp',
  summary: 'Take a message of the Model Context Protocol',
  body: anyObject,
  answer: {
    description: 'The document of the protocol (docs/MCP.md).',
    content: { ...json(anyObject), ...events },
  },
  codes: [],
  error: 'Error',
  facts: { 'x-ripple-effect': 'write', 'x-ripple-scope': scopes },
}

/** The routes of A2A's door, whose documents the protocol defines. */
function a2aRoutes(): Route[] {
  const answer = { description: 'The document of the protocol (docs/a2a.md).', content: json(anyObject) }
  const get = { method: 'get', tag: 'a2a', answer, codes: [], error: 'Error', open: true, facts: {} } as const
  return [
    {
      ...get,
      path: '/.well-known/agent-card.json',
      id: 'a2a.card',
      summary: 'Describe this mesh as an A2A agent',
    },
    { ...get, path: KEYS_PATH, id: 'a2a.keys', summary: 'Give the key that signs the Agent Card' },
    {
      ...get,
      method: 'post',
      path: A2A_PATH,
      id: 'a2a',
      summary: 'Take a call of A2A 1.0 or 0.3, by JSON-RPC',
      body: anyObject,
      answer: { ...answer, content: { ...answer.content, ...events } },
      open: false,
      facts: { 'x-ripple-effect': 'write', 'x-ripple-scope': ['read', 'write'] },
    },
  ]
}

function anthropicRoutes(): Route[] {
  const answer = openaiRoute('messages', messagesRequest, "Answer a chat in Anthropic's form", true)
  const count = openaiRoute('messages/count_tokens', countRequest, 'Count the tokens of such a chat', false)
  const read = { ...count, facts: { ...count.facts, 'x-ripple-effect': 'read' } }
  return [answer, read].map((route) => ({ ...route, error: 'AnthropicError' }))
}

function responsesRoutes(): Route[] {
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
  const answer = { description: 'The answer.', content: json(anyObject) }
  const kept = {
    ...{ path: '/v1/responses/{id}', tag: 'v1', parameters: [id], answer },
    error: 'OpenaiError',
    codes: ['RIPPLE_RESPONSE_UNKNOWN'],
  } as const
  const facts = { 'x-ripple-effect': 'read', 'x-ripple-scope': ['infer'] }
  return [
    openaiRoute('responses', responsesRequest, "Answer in the form of OpenAI's Responses", true),
    { ...kept, method: 'get', id: 'v1.response', summary: 'Give a stored response', facts },
    {
      ...{ ...kept, method: 'delete', id: 'v1.response.delete', summary: 'Remove a stored response' },
      facts: { ...facts, 'x-ripple-effect': 'write' },
    },
  ]
}

/** The routes of the node API. */
function nodeApiRoutes(): Route[] {
  return nodeRoutes.map((route) => {
    const { path, method, id, summary, parameters, streams = false, codes } = route
    const body = bodySchema(route)
    const isRead = method === 'get'
    return {
      ...{ path, method, id: `node.${id}`, tag: 'node', summary, codes, error: 'Error' },
      ...(parameters === undefined ? {} : { parameters }),
      ...(body === null ? {} : { body }),
      answer: { description: 'The answer (docs/node-api.md).', content: streams ? events : json(anyObject) },
      facts: {
        'x-ripple-effect': isRead ? 'read' : 'write',
        'x-ripple-scope': isRead ? 'read' : 'admin',
      },
    }
  })
}

/** The routes that no operation makes. */
function otherRoutes(): Route[] {
  const text = (description: string, schema: object = anyObject) => ({ description, content: json(schema) })
  const get = { method: 'get', codes: [], error: 'Error', facts: read } as const
  const health = { ...get, tag: 'daemon', answer: text('The daemon lives.') } as const
  const name = { name: 'model', in: 'path', required: true, schema: { type: 'string' } }
  const models = { ...get, tag: 'v1', error: 'OpenaiError', facts: readBy(['infer', 'read']) } as const
  return [
    eventsRoute,
    {
      ...get,
      path: '/api/openapi.json',
      id: 'openapi',
      tag: 'daemon',
      summary: 'Describe this API',
      answer: text('This document.'),
      facts: readBy(scopes),
    },
    {
      ...get,
      path: '/metrics',
      id: 'metrics',
      tag: 'daemon',
      summary: 'Give the figures of this machine to Prometheus',
      answer: {
        description: 'All series in the text form of Prometheus.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
    { ...health, path: '/healthz', id: 'healthz', summary: 'Answer while the daemon lives' },
    { ...health, path: '/health', id: 'health', summary: 'Answer while the daemon lives' },
    {
      ...get,
      method: 'post',
      path: '/api/page/key',
      id: 'page.key',
      tag: 'page',
      summary: "Exchange the code of 'ripple open' for a page's key",
      body: jsonSchemaOf(redeemInput, 'input'),
      answer: text('The key.', jsonSchemaOf(z.strictObject({ key: z.string() }), 'output')),
      codes: ['RIPPLE_PAGE_CODE'],
      open: true,
      facts: {},
    },
    {
      ...models,
      path: '/v1/models',
      id: 'v1.models',
      summary: 'List the models of the mesh',
      answer: text('The models.'),
    },
    {
      ...models,
      path: '/v1/models/{model}',
      id: 'v1.model',
      summary: 'Describe one model',
      parameters: [{ ...name, description: "The model's name; it may contain slashes." }],
      answer: text('The model.'),
      codes: ['RIPPLE_MODEL_NOT_FOUND', 'RIPPLE_MODEL_AMBIGUOUS'],
    },
    openaiRoute('chat/completions', chatRequest, 'Answer a chat', true),
    openaiRoute('completions', completionRequest, 'Continue a text', true),
    openaiRoute('embeddings', embeddingRequest, 'Embed texts', false),
    ...a2aRoutes(),
    mcpRoute,
    ...[...anthropicRoutes(), ...responsesRoutes(), ...nodeApiRoutes()],
  ]
}

/** Returns the answers of a route that are errors, by HTTP status, each with its codes. */
function errorAnswers({ codes: own, error }: Route): Record<string, object> {
  const table: Readonly<Record<string, ErrorRow>> = errors
  const content = json({ $ref: `#/components/schemas/${error}` })
  const byStatus = new Map<number, string[]>()
  for (const code of new Set([...own, ...commonErrors])) {
    const status = table[code]?.http ?? 500
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const answers = [...byStatus].map(([status, names]) => [status, { description: names.join(', '), content }])
  return { ...Object.fromEntries(answers), default: { description: 'Any other error.', content } }
}

function operationOf(route: Route): object {
  const { id, tag, summary, description, parameters, body, answer, open, facts } = route
  return {
    ...{ operationId: id, tags: [tag], summary },
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: 'required' in body, content: json(body) } }),
    responses: { 200: answer, ...errorAnswers(route) },
    ...(open ? { security: [] } : {}),
    ...facts,
  }
}

/** Moves the named schemas of a document to its components. */
function withComponents(document: Record<string, unknown>): object {
  const schemas: Record<string, unknown> = {
    Error: jsonSchemaOf(ripplesError, 'output'),
    OpenaiError: jsonSchemaOf(openaisError, 'output'),
    AnthropicError: jsonSchemaOf(anthropicsError, 'output'),
  }
  const hoist = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(hoist)
    if (typeof value !== 'object' || value === null) return value
    const { $defs = {}, ...rest } = value as Record<string, unknown>
    for (const [name, schema] of Object.entries($defs as object)) schemas[name] = hoist(schema)
    return Object.fromEntries(
      Object.entries(rest).map(([key, inner]) => [
        key,
        key === '$ref' && typeof inner === 'string'
          ? inner.replace('#/$defs/', '#/components/schemas/')
          : hoist(inner),
      ]),
    )
  }
  const whole = hoist(document) as object
  const key = {
    type: 'http',
    scheme: 'bearer',
    description: 'The API token, or a key with the scope of the route.',
  }
  return { ...whole, components: { schemas, securitySchemes: { key } } }
}

/** Returns every route: those of the operations, and then all others. */
export function routes(): readonly Route[] {
  return [...daemonOperations.flatMap(operationRoutes), ...otherRoutes()]
}

/** Returns the document. */
export function openapi(): object {
  const paths: Record<string, object> = {}
  for (const route of routes())
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) }
  return withComponents({
    openapi: '3.1.1',
    info: {
      title: 'Ripple',
      version,
      description:
        "The API of this machine's daemon, on loopback. Each error has a stable code; docs/ERRORS.md explains it.",
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths,
  })
}
