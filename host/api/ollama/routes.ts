/** Adds the routes of Ollama's API to its server. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import { version } from '../../version.ts'
import { gone } from '../gone.ts'
import { type AnswerNeeds, answerTo } from '../openai/answer-to.ts'
import { findModel } from '../openai/models.ts'
import { parseBody } from '../openai/parse.ts'
import { modelField } from '../openai/sampling.ts'
import { chatPart, generatePart, lines, type Part, wholeBody } from './answer.ts'
import { embed, oldEmbed } from './embed.ts'
import { ollama } from './error.ts'
import { type ModelNeeds, psBody, showBody, tagsBody } from './models.ts'
import { readChat, readGenerate, withPlainModel } from './request.ts'

/** The version of Ollama whose API these routes follow. Clients refuse servers that say an older one than they need. */
const OLLAMA_VERSION = '0.12.11'

/** The parts of the daemon that these routes use. */
export interface OllamaNeeds extends AnswerNeeds {
  readonly context: ModelNeeds
}

const chat = { read: readChat, body: wholeBody(chatPart), frames: lines(chatPart) }
const generate = { read: readGenerate, body: wholeBody(generatePart), frames: lines(generatePart) }

/** What Ollama's clients ask to do with models, by path. */
const verbs = [
  ['POST', 'pull'],
  ['POST', 'push'],
  ['POST', 'create'],
  ['POST', 'copy'],
  ['DELETE', 'delete'],
] as const

/** Adds Ollama's routes: a translation of what `/v1/chat/completions` does. */
export function ollamaRoutes(app: FastifyInstance, needs: OllamaNeeds): void {
  const { context, signal: stop } = needs
  const asks = { config: { scopes: ['infer'] } } as const
  const reads = { config: { scopes: ['infer', 'read'] } } as const
  const signal = (reply: FastifyReply) => AbortSignal.any([stop, gone(reply)])
  app.get('/', { config: { open: true } }, async (_request, reply) =>
    reply.type('text/plain').send('Ollama is running'),
  )
  app.get('/api/version', reads, async () => ({ version: OLLAMA_VERSION, ripple: { version } }))
  app.get('/api/tags', reads, (_request, reply) => tagsBody(context, signal(reply)))
  app.get('/api/ps', reads, (_request, reply) => psBody(context, signal(reply)))
  app.post('/api/show', reads, (request, reply) => showBody(request.body, context, signal(reply)))
  const kinds = [
    ['chat', 'messages', chatPart, answerTo(chat, ollama, needs)],
    ['generate', 'prompt', generatePart, answerTo(generate, ollama, needs)],
  ] as const
  for (const [path, field, part, answer] of kinds)
    app.post(`/api/${path}`, asks, async (request: FastifyRequest, reply) =>
      asksNothing(request.body, field) ? loadedBody(request.body, part, context) : answer(request, reply),
    )
  app.post('/api/embed', asks, answerTo(embed, ollama, needs))
  app.post('/api/embeddings', asks, answerTo(oldEmbed, ollama, needs))
  for (const [method, verb] of verbs)
    app.route({ method, url: `/api/${verb}`, ...asks, handler: async () => refuse(verb) })
}

function refuse(verb: string): never {
  throw new RippleError('RIPPLE_OLLAMA_UNSUPPORTED', { verb })
}

/** Whether a request has no question: Ollama then loads the model, or with `keep_alive` 0 frees its memory. */
function asksNothing(body: unknown, field: string): boolean {
  if (typeof body !== 'object' || body === null) return false
  const asked: unknown = Reflect.get(body, field)
  return asked == null || asked === '' || (Array.isArray(asked) && asked.length === 0)
}

const loadRequest = z.object({ model: modelField, keep_alive: z.union([z.string(), z.number()]).nullish() })

/**
 * Returns Ollama's answer to a request without a question, once the model is known. Nothing is loaded: the machine that answers
 * does that for the first question. Throws `RIPPLE_BODY_INVALID`, `RIPPLE_MODEL_NOT_FOUND`.
 */
function loadedBody(body: unknown, part: Part, { inference }: ModelNeeds): object {
  const { data } = parseBody(loadRequest, withPlainModel(body))
  const { name } = findModel(inference.models(), data.model)
  const done_reason = Number.parseFloat(`${data.keep_alive ?? 1}`) === 0 ? 'unload' : 'load'
  const why = 'a machine loads a model for its first question, and frees its memory when it needs it'
  return {
    ...{ model: name, created_at: new Date().toISOString(), ...part('', []), done: true, done_reason },
    ripple: { why },
  }
}
