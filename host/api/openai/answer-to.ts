/** Answers the requests of one API that asks models: whole, streamed, or with an error in that API's form. */
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Context } from '../../operations/context.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Answer, Ask } from '../../types/answer.ts'
import type { Principal } from '../../types/principal.ts'
import { gone } from '../gone.ts'
import { callerOf } from '../guard.ts'
import { asRippleError } from '../request-error.ts'
import { answerHeaders, keysOf, receiptHeader, wantsEarlyHead } from './answer-head.ts'
import type { Dialect } from './dialect.ts'
import { askAll, type JoinedEnd } from './joined-answer.ts'
import { type Frames, streamAnswer } from './stream-answer.ts'

/** The parts of the daemon that such routes use. */
export interface AnswerNeeds {
  readonly context: Pick<Context, 'inference'>
  readonly emit: Emit
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
export interface Kind<A extends Asked> {
  read(body: unknown, headers: IncomingHttpHeaders, caller: Principal): A
  body(asked: A, answer: Answer, end: JoinedEnd): object
  frames?(asked: A, answer: Answer): Frames
}

/** Answers one kind of request. A client that leaves ends the run. */
export function answerTo<A extends Asked>(
  kind: Kind<A>,
  dialect: Dialect,
  { context, signal: stop, emit }: AnswerNeeds,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const principal = callerOf(request)
    const asked = kind.read(request.body, request.headers, principal)
    const signal = AbortSignal.any([stop, gone(reply)])
    const asks = [asked.ask, ...(asked.more ?? [])]
    const keys = { ...keysOf(request.headers), principal }
    const answer = await askAll(context.inference, asks, keys, signal)
    const route = request.routeOptions.url ?? ''
    // The headers are set first, so a failed answer names its task too.
    reply.headers(answerHeaders(answer))
    if (asked.stream && kind.frames) {
      const onError = (error: RippleError) => logError(error, error, route, emit)
      const earlyHead = wantsEarlyHead(request.headers)
      const frames = kind.frames(asked, answer)
      await streamAnswer({ answer, frames, dialect, reply, route, earlyHead, signal, onError })
      return reply
    }
    const end = await answer.end
    reply.headers(receiptHeader(end))
    reply.raw.setTimeout(limits.reader_stall_ms)
    return kind.body(asked, answer, end)
  }
}

/** Conflicts that a retry with the same key cannot solve. Clients retry conflicts unless a header forbids it. */
const finalConflicts: readonly RippleError['code'][] = ['RIPPLE_TASK_CONFLICT', 'RIPPLE_ANSWER_KEY_SPENT']

/** Returns an error handler that answers in the API's form. */
export function errorsOf(dialect: Dialect, { emit }: Pick<AnswerNeeds, 'emit'>) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asRippleError(thrown)
    const route = request.routeOptions.url ?? ''
    logError(error, thrown, route, emit)
    const { retry_after_s } = error.facts
    if (typeof retry_after_s === 'number') reply.header('retry-after', Math.ceil(retry_after_s))
    if (error.code === 'RIPPLE_METHOD_UNKNOWN') reply.header('allow', error.facts.allow)
    if (finalConflicts.includes(error.code)) reply.header('x-should-retry', 'false')
    const { status, body } = dialect.error(error, route)
    reply.code(status).send(body)
  }
}

function logError(error: RippleError, err: unknown, route: string, emit: Emit): void {
  if (error.http >= 500) emit({ type: 'request_failed', route, ...failureOf(error) }, err)
}
