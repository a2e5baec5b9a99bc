/** Adds OpenAI's endpoints to the API. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RippleError } from '../../errors/ripple-error.ts'
import { type AnswerNeeds, answerTo, errorsOf } from './answer-to.ts'
import { chatBody, chatFrames } from './chat-answer.ts'
import { readChat } from './chat-request.ts'
import { completionBody, completionFrames } from './completion-answer.ts'
import { readCompletion } from './completion-request.ts'
import { openai } from './dialect.ts'
import { embeddingBody } from './embedding-answer.ts'
import { readEmbedding } from './embedding-request.ts'
import { modelList, modelNamed } from './models.ts'

/** The parts of the daemon that these routes use. */
export interface OpenaiNeeds extends AnswerNeeds {
  /** Returns why a request has no route. */
  unknown(request: FastifyRequest): RippleError
}

const chat = { read: readChat, body: chatBody, frames: chatFrames }
const completion = { read: readCompletion, body: completionBody, frames: completionFrames }
const embedding = { read: readEmbedding, body: embeddingBody }

/** Returns OpenAI's endpoints: a thin layer over `Inference`, with OpenAI's errors. */
export function openaiRoutes(needs: OpenaiNeeds): (app: FastifyInstance) => Promise<void> {
  const { inference } = needs.context
  return async (app) => {
    app.setErrorHandler(errorsOf(openai, needs))
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
    app.post('/chat/completions', asks, answerTo(chat, openai, needs))
    app.post('/completions', asks, answerTo(completion, openai, needs))
    app.post('/embeddings', asks, answerTo(embedding, openai, needs))
  }
}
