/** Adds Anthropic's Messages API to the API. */
import type { FastifyInstance } from 'fastify'
import { type AnswerNeeds, answerTo, errorsOf } from '../openai/answer-to.ts'
import { messageBody, messageFrames } from './answer.ts'
import { anthropic } from './error.ts'
import { readMessages } from './request.ts'

const messages = { read: readMessages, body: messageBody, frames: messageFrames }

/** Returns Anthropic's endpoints: a translation of what `/v1/chat/completions` does, with Anthropic's errors. */
export function messagesRoutes(needs: AnswerNeeds): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler(errorsOf(anthropic, needs))
    app.post('/messages', { config: { scopes: ['infer'] } }, answerTo(messages, anthropic, needs))
  }
}
