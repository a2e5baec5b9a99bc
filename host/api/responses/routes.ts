/** Adds OpenAI's Responses API to the API. */
import type { FastifyInstance } from 'fastify'
import { RippleError } from '../../errors/ripple-error.ts'
import { callerOf } from '../guard.ts'
import { type AnswerNeeds, answerTo, errorsOf } from '../openai/answer-to.ts'
import { type Dialect, openai } from '../openai/dialect.ts'
import { responseBody, responseFrames } from './answer.ts'
import { KeptResponses } from './kept-responses.ts'
import { responsesReader } from './request.ts'

/** Its last event ends a stream. */
const dialect: Dialect = { ...openai, named: true, done: null }

/** Returns the endpoints of responses: a translation of what `/v1/chat/completions` does, and the answers that were kept. */
export function responsesRoutes(needs: AnswerNeeds): (app: FastifyInstance) => Promise<void> {
  const kept = new KeptResponses()
  const responses = { read: responsesReader(kept), body: responseBody, frames: responseFrames }
  const own = { config: { scopes: ['infer'] } } as const
  return async (app) => {
    app.setErrorHandler(errorsOf(dialect, needs))
    app.post('/responses', own, answerTo(responses, dialect, needs))
    app.get<{ Params: { id: string } }>('/responses/:id', own, async (request) => {
      const found = kept.find(callerOf(request), request.params.id)
      if (found === null) throw new RippleError('RIPPLE_RESPONSE_UNKNOWN', { id: request.params.id })
      return found.body
    })
    app.delete<{ Params: { id: string } }>('/responses/:id', own, async (request) => {
      const { id } = request.params
      if (!kept.remove(callerOf(request), id)) throw new RippleError('RIPPLE_RESPONSE_UNKNOWN', { id })
      return { id, object: 'response', deleted: true }
    })
  }
}
