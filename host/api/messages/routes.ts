/** Adds Anthropic's Messages API to the API. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../../operations/context.ts'
import { gone } from '../gone.ts'
import { callerOf } from '../guard.ts'
import { keysOf } from '../openai/answer-head.ts'
import { type AnswerNeeds, answerTo, errorsOf } from '../openai/answer-to.ts'
import { messageBody, messageFrames } from './answer.ts'
import { anthropic } from './error.ts'
import { readCount, readMessages } from './request.ts'

/** The parts of the daemon that these routes use. */
export interface MessagesNeeds extends AnswerNeeds {
  readonly context: Pick<Context, 'inference' | 'countTokens'>
}

const messages = { read: readMessages, body: messageBody, frames: messageFrames }

/** Returns Anthropic's endpoints: a translation of what `/v1/chat/completions` does, with Anthropic's errors. */
export function messagesRoutes(needs: MessagesNeeds): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler(errorsOf(anthropic, needs))
    const asks = { config: { scopes: ['infer'] } } as const
    app.post('/messages', asks, answerTo(messages, anthropic, needs))
    app.post('/messages/count_tokens', asks, (request, reply) => count(request, reply, needs))
  }
}

async function count(request: FastifyRequest, reply: FastifyReply, { context, signal }: MessagesNeeds) {
  const { headers, body } = request
  const { ask, ignored } = readCount(body, headers)
  const asked = { ...ask, ...keysOf(headers), principal: callerOf(request) }
  const { tokens, exact } = await context.countTokens(asked, AbortSignal.any([signal, gone(reply)]))
  return { input_tokens: tokens, ripple: { exact, ignored } }
}
