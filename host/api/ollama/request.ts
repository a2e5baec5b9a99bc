/** Reads requests of Ollama's API: each becomes the same ask as a chat or a continuation in OpenAI's form. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import type { AnswerFormat } from '../../types/inference.ts'
import { json } from '../../types/json.ts'
import { type ChatRequest, logprobsOf } from '../openai/chat-request.ts'
import { messageOf } from '../openai/message-of.ts'
import { functionsOf, offerTools } from '../openai/offered-tools.ts'
import { fieldError, listOf, parseBody, unsupported } from '../openai/parse.ts'
import { type Sampling, samplersIn, samplingFields, samplingOf } from '../openai/sampling.ts'
import { schemaNotes } from '../openai/schema-notes.ts'
import { imagesField, messagesOf, turnField } from './turns.ts'

/** A request to a model, as `answerTo` reads it. */
export interface OllamaRequest extends ChatRequest {
  /** The time at which it was read, as `performance.now()` has it. */
  readonly begun: number
}

const schemaObject = z.record(z.string(), json)
const { model, temperature, top_p, top_k, frequency_penalty, presence_penalty } = samplingFields
const { seed, stop, stream } = samplingFields

/** The options that count. All others are ignored and named. */
const optionsField = z.object({
  ...{ temperature, top_p, top_k, frequency_penalty, presence_penalty, seed, stop },
  /** The most tokens of an answer; 0 and less mean no bound. */
  num_predict: z.int().nullish(),
})

const sharedFields = {
  ...{ model, stream },
  options: optionsField.nullish(),
  format: z
    .union([z.enum(['', 'json']), schemaObject], { error: "neither 'json' nor a JSON schema" })
    .nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(limits.top_logprobs_max).nullish(),
}

const toolField = z.object({
  type: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      description: z.string().nullish(),
      parameters: schemaObject.nullish(),
    })
    .nullish(),
})

/** The body of `POST /api/chat`. */
export const chatRequest = z.object({
  ...sharedFields,
  messages: listOf(turnField, limits.chat_messages_max),
  tools: listOf(toolField, limits.chat_tools_max, 0).nullish(),
})

const isEmptyText = (value: unknown): boolean => value === ''

/** The body of `POST /api/generate`. */
const generateRequest = z.object({
  ...sharedFields,
  prompt: z.string().min(1),
  system: z.string().nullish(),
  /** Whether the prompt is continued as it is, without the model's chat template. */
  raw: z.boolean().nullish(),
  images: imagesField,
  suffix: unsupported(isEmptyText, 'nothing is filled in before a text'),
  template: unsupported(isEmptyText, "a model's own template is used; 'raw': true uses none"),
  context: unsupported(
    (value) => Array.isArray(value) && value.length === 0,
    'no conversation is kept here: send all messages to /api/chat',
  ),
})

type Given = z.output<typeof chatRequest> | z.output<typeof generateRequest>
type ChatInput = Extract<Ask['input'], { type: 'chat' }>

/** Reads the body of `POST /api/chat`. Throws `RIPPLE_BODY_INVALID`. */
export function readChat(body: unknown): OllamaRequest {
  const { data, ignored } = parseBody(chatRequest, withPlainModel(body))
  const listed = (data.tools ?? []).map((tool) => ({ type: tool.type, ...tool.function }))
  const { functions, skipped } = functionsOf(listed, ({ type }) => type == null || type === 'function')
  const { tools, schemas } = offerTools(functions, 'function.parameters')
  const input: ChatInput = {
    ...{ type: 'chat', tools, messages: messagesOf(data.messages) },
    tool_choice: tools.length > 0 ? 'auto' : 'none',
  }
  return requestOf(data, input, [...ignored, ...skipped], schemas)
}

/** Reads the body of `POST /api/generate`. Throws `RIPPLE_BODY_INVALID`. */
export function readGenerate(body: unknown): OllamaRequest {
  const { data, ignored } = parseBody(generateRequest, withPlainModel(body))
  return requestOf(data, inputOf(data), ignored, [])
}

/** Returns a prompt as a turn, which follows the system's turn if there is one. */
function inputOf({ prompt, system, raw }: z.output<typeof generateRequest>): Ask['input'] {
  if (raw && system) throw fieldError('system', "not with 'raw': true, which sends the prompt as it is")
  if (!system) return { type: 'text', text: prompt, template: raw ? 'none' : 'auto' }
  const messages = [messageOf('system', system), messageOf('user', prompt)]
  return { type: 'chat', messages, tools: [], tool_choice: 'none' }
}

function requestOf(
  data: Given,
  input: Ask['input'],
  ignored: readonly string[],
  toolSchemas: Parameters<typeof schemaNotes>[1],
): OllamaRequest {
  const { num_predict, seed, ...options } = data.options ?? {}
  // Ollama's clients send -1 for any seed.
  const sampling: Sampling = { ...options, model: data.model, seed: seed === -1 ? null : seed }
  const format = formatOf(data)
  const tools = input.type === 'chat' ? input.tools.map(({ name }) => name) : []
  const logprobs = logprobsOf(data, tools.length > 0 || format.type !== 'text')
  const schema = format.type === 'schema' ? { at: 'format', schema: format.schema, strict: false } : null
  const notes = schemaNotes(schema, toolSchemas)
  return {
    ask: {
      ...samplingOf(sampling, num_predict != null && num_predict > 0 ? num_predict : null),
      ...{ input, format },
      ...(logprobs === null ? {} : { logprobs }),
    },
    ...{ stream: data.stream !== false, usage: true, tools, parallel: true },
    ignored: [...ignored, ...notes].slice(0, limits.openai_ignored_max),
    samplers: samplersIn(sampling).map((name) => `options.${name}`),
    begun: performance.now(),
  }
}

function formatOf({ format }: Given): AnswerFormat {
  if (!format) return { type: 'text' }
  return format === 'json' ? { type: 'json' } : { type: 'schema', schema: format }
}

/** Returns a body whose model has no `:latest`: clients add this tag to names without one. A provider's model may have it. */
export function withPlainModel(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  const name: unknown = Reflect.get(body, 'model')
  return typeof name === 'string' ? { ...body, model: plainName(name) } : body
}

/** Returns a model's name without the tag `:latest`. */
export function plainName(name: string): string {
  return name.startsWith('upstream:') ? name : name.replace(/(?<=.):latest$/, '')
}
