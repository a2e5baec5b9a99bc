/** Adds OpenAI's endpoints to the API. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Context } from '../../operations/context.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Answer, Ask } from '../../types/answer.ts'
import { gone } from '../gone.ts'
import { callerOf } from '../guard.ts'
import { asRippleError } from '../request-error.ts'
import { answerHeaders, keysOf, wantsEarlyHead } from './answer-head.ts'
import { chatBody, chatFrames } from './chat-answer.ts'
import { readChat } from './chat-request.ts'
import { completionBody, completionFrames } from './completion-answer.ts'
import { readCompletion } from './completion-request.ts'
import { embeddingBody } from './embedding-answer.ts'
import { readEmbedding } from './embedding-request.ts'
import { openaiError } from './error.ts'
import { askAll, type JoinedEnd } from './joined-answer.ts'
import { modelList, modelNamed } from './models.ts'
import { type Frames, streamAnswer } from './stream-answer.ts'

/** The parts of the daemon that these routes use. */
export interface OpenaiNeeds {
  readonly context: Pick<Context, 'inference'>
  readonly emit: Emit
  /** Returns why a request has no route. */
  unknown(request: FastifyRequest): RippleError
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal
}

/** A parsed request of any kind. */
interface Asked {
  readonly ask: Omit<Ask, 'key' | 'trace_id'>
  /** Further asks that begin at once and belong to the same answer. */
  readonly more?: readonly Omit<Ask, 'key' | 'trace_id'>[]
  readonly stream?: boolean
}

/** The reader of one kind of request, and the writer of its answer. */
interface Kind<A extends Asked> {
  read(body: unknown): A
  body(asked: A, answer: Answer, end: JoinedEnd): object
  frames?(asked: A, answer: Answer): Frames
}

const chat = { read: readChat, body: chatBody, frames: chatFrames }
const completion = { read: readCompletion, body: completionBody, frames: completionFrames }
const embedding = { read: readEmbedding, body: embeddingBody }

/** Returns OpenAI's endpoints: a thin layer over `Inference`, with OpenAI's errors. */
export function openaiRoutes(needs: OpenaiNeeds): (app: FastifyInstance) => Promise<void> {
  const { inference } = needs.context
  return async (app) => {
    app.setErrorHandler((thrown: FastifyError, request, reply) => answerError(thrown, request, reply, needs))
    // The API's own hook finds the error of such a request. Within this plugin it gets OpenAI's format.
    app.setNotFoundHandler((request) => {
      throw needs.unknown(request)
    })
    const names = { config: { scopes: ['infer', 'read'] } } as const
    const asks = { config: { scopes: ['infer'] } } as const
    app.get('/models', names, async () => modelList(inference.models()))
    // Names may contain slashes, which some clients do not encode.
    app.get<{ Params: { '*': string } }>('/models/*', names, async (request) =>
      modelNamed(inference.models(), request.params['*']),
    )
    app.post('/chat/completions', asks, answerTo(chat, needs))
    app.post('/completions', asks, answerTo(completion, needs))
    app.post('/embeddings', asks, answerTo(embedding, needs))
  }
}

/** Answers one kind of request. A client that leaves ends the run. */
function answerTo<A extends Asked>(kind: Kind<A>, { context, signal: stop, emit }: OpenaiNeeds) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const asked = kind.read(request.body)
    const signal = AbortSignal.any([stop, gone(reply)])
    const asks = [asked.ask, ...(asked.more ?? [])]
    const keys = { ...keysOf(request.headers), principal: callerOf(request) }
    const answer = await askAll(context.inference, asks, keys, signal)
    const route = request.routeOptions.url ?? ''
    // The headers are set first, so a failed answer names its task too.
    reply.headers(answerHeaders(answer))
    if (asked.stream && kind.frames) {
      const onError = (error: RippleError) => logError(error, error, route, emit)
      const earlyHead = wantsEarlyHead(request.headers)
      const frames = kind.frames(asked, answer)
      await streamAnswer({ answer, frames, reply, route, earlyHead, signal, onError })
      return reply
    }
    const end = await answer.end
    reply.raw.setTimeout(limits.reader_stall_ms)
    return kind.body(asked, answer, end)
  }
}

/** Conflicts that a retry with the same key cannot solve. OpenAI's clients retry conflicts unless a header forbids it. */
const finalConflicts: readonly RippleError['code'][] = ['RIPPLE_TASK_CONFLICT', 'RIPPLE_ANSWER_KEY_SPENT']

function answerError(
  thrown: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  { emit }: OpenaiNeeds,
): void {
  const error = asRippleError(thrown)
  const route = request.routeOptions.url ?? ''
  logError(error, thrown, route, emit)
  const { retry_after_s } = error.facts
  if (typeof retry_after_s === 'number') reply.header('retry-after', Math.ceil(retry_after_s))
  if (error.code === 'RIPPLE_METHOD_UNKNOWN') reply.header('allow', error.facts.allow)
  if (finalConflicts.includes(error.code)) reply.header('x-should-retry', 'false')
  const { status, body } = openaiError(error, route)
  reply.code(status).send(body)
}

function logError(error: RippleError, err: unknown, route: string, emit: Emit): void {
  if (error.http >= 500) emit({ type: 'request_failed', route, ...failureOf(error) }, err)
}
