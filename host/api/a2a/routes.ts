/** Adds the door for A2A: the Agent Card, its key, and the endpoint for calls of A2A 1.0 and 0.3. */
import { A2A_VERSION_HEADER, type AgentCard } from '@a2a-js/sdk'
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import { PushNotificationNotSupportedError, RequestMalformedError } from '@a2a-js/sdk/errors'
import { JsonRpcTransportHandler, ServerCallContext, validateVersion } from '@a2a-js/sdk/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../../operations/context.ts'
import type { Operation } from '../../operations/operation.ts'
import { taskCancel, taskList, taskPost, taskShow } from '../../operations/task/shape.ts'
import type { Emit } from '../../telemetry/events.ts'
import { gone } from '../gone.ts'
import { callerOf, guardScope } from '../guard.ts'
import { EventStream } from '../openai/event-stream.ts'
import { MeshAgent } from './agent.ts'
import { A2A_PATH, agentCard, type CardDocuments, KEYS_PATH, keySet, signedCards } from './agent-card.ts'

/** The parts of the daemon that this door uses. */
export interface A2aNeeds {
  readonly context: Context
  readonly emit: Emit
  /** Returns the port of the API. */
  port(): number
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal
}

/** The SDK's name of the older protocol, which a request without a version means. */
const LEGACY = '0.3'

/** The form of the events of a stream. */
const frames = { named: false, ping: null, done: null } as const

/** The operation behind each method, by its name in A2A 1.0 and in 0.3. */
const operations: ReadonlyMap<unknown, Operation> = new Map<string, Operation>([
  ['SendMessage', taskPost],
  ['SendStreamingMessage', taskPost],
  ['GetTask', taskShow],
  ['SubscribeToTask', taskShow],
  ['ListTasks', taskList],
  ['CancelTask', taskCancel],
  ['message/send', taskPost],
  ['message/stream', taskPost],
  ['tasks/get', taskShow],
  ['tasks/resubscribe', taskShow],
  ['tasks/cancel', taskCancel],
])

/** Adds the routes. The card and its key are public, so that a client learns from them which key to send. */
export function serveA2a(app: FastifyInstance, needs: A2aNeeds): void {
  const open = { config: { open: true }, exposeHeadRoute: false }
  const url = (): string => `http://127.0.0.1:${needs.port()}`
  let documents: Promise<CardDocuments> | null = null
  app.get('/.well-known/agent-card.json', open, async (request) => {
    documents ??= signedCards(agentCard(url()), url(), needs.context)
    const { now, legacy } = await documents
    return versionOf(request) === LEGACY ? legacy : now
  })
  app.get(KEYS_PATH, open, async () => keySet(needs.context.machineKey))
  app.post(A2A_PATH, { config: { scopes: ['read', 'write'] } }, (request, reply) =>
    answerCall(request, reply, agentCard(url()), needs),
  )
}

/** Answers one call of JSON-RPC: with a document, or with a stream of them. */
async function answerCall(
  request: FastifyRequest,
  reply: FastifyReply,
  card: AgentCard,
  needs: A2aNeeds,
): Promise<unknown> {
  const { method, id = null } = (request.body ?? {}) as { method?: unknown; id?: unknown }
  const principal = callerOf(request)
  const operation = operations.get(method)
  if (operation) guardScope(principal, [operation.scope])
  const signal = AbortSignal.any([needs.signal, gone(reply)])
  const { context, emit } = needs
  const agent = new MeshAgent({ context, card, principal, signal, emit, route: A2A_PATH })
  const isLegacy = versionOf(request) === LEGACY
  const handler = isLegacy ? new LegacyJsonRpcTransportHandler(agent) : new JsonRpcTransportHandler(agent)
  const failure = (thrown: unknown): object => ({
    jsonrpc: '2.0',
    id,
    error: isLegacy
      ? LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError(thrown)
      : JsonRpcTransportHandler.mapToJSONRPCError(thrown),
  })
  using stream = new EventStream(reply, {}, frames, signal)
  try {
    validateVersion(versionOf(request), card, 'JSONRPC')
    // The SDK would read a text as a document of its own, whose method no guard has seen.
    if (typeof request.body === 'string') throw new RequestMalformedError('the body is not an object')
    // @a2a-js/sdk 1.3.0 fails on such a call without a configuration, before the agent could refuse it.
    if (typeof method === 'string' && method.startsWith('tasks/pushNotificationConfig/'))
      throw new PushNotificationNotSupportedError()
    const call = new ServerCallContext({ requestedVersion: versionOf(request) })
    const answer = await handler.handle(request.body as Record<string, unknown>, call)
    if (!(Symbol.asyncIterator in answer)) return answer
    for await (const document of answer) {
      if (!stream.isOpen) stream.open()
      await stream.send(document)
    }
  } catch (thrown) {
    if (!stream.isOpen) return failure(thrown)
    if (!signal.aborted) stream.fail(failure(thrown))
  }
  return reply
}

function versionOf({ headers }: FastifyRequest): string {
  const given = headers[A2A_VERSION_HEADER.toLowerCase()]
  return typeof given === 'string' && given !== '' ? given : LEGACY
}
