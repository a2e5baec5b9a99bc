/** Reads requests for chats. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { type AnswerFormat, functionName } from '../../types/inference.ts'
import { json } from '../../types/json.ts'
import { callableTools } from '../../types/tool-answer.ts'
import { chatMessages, messageField } from './messages.ts'
import { fieldError, listOf, parseBody, unsupported } from './parse.ts'
import {
  answersOf,
  idleFields,
  type Streaming,
  samplersIn,
  samplingFields,
  samplingOf,
  streamingOf,
} from './sampling.ts'
import { type SchemaAt, schemaNotes } from './schema-notes.ts'

/** A request to a chat model. */
export interface ChatRequest extends Streaming {
  readonly ask: Omit<Ask, 'key' | 'trace_id'>
  /** The asks for further answers. */
  readonly more?: readonly Omit<Ask, 'key' | 'trace_id'>[]
  /** Names of the functions that the answer may call; empty if it is always text. */
  readonly tools: readonly string[]
  /** Whether it may call several. */
  readonly parallel: boolean
  readonly ignored: readonly string[]
  /** Sampling fields, which an ensemble ignores. */
  readonly samplers: readonly string[]
}

const schemaObject = z.record(z.string(), json)
const anySchema = z.union([schemaObject, z.boolean()], { error: 'not a JSON schema' })

const toolField = z.object({
  type: z.literal('function', { error: "only tools of the type 'function' are known" }).nullish(),
  function: z.object({
    name: functionName,
    description: z.string().nullish(),
    parameters: schemaObject.nullish(),
    strict: z.boolean().nullish(),
  }),
})

const toolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.object({ type: z.literal('function'), function: z.object({ name: functionName }) }),
    z.object({
      type: z.literal('allowed_tools'),
      allowed_tools: z.object({
        mode: z.enum(['auto', 'required']),
        tools: listOf(z.object({ function: z.object({ name: functionName }) }), limits.chat_tools_max),
      }),
    }),
  ],
  { error: "neither 'none', 'auto' or 'required', nor a function" },
)

const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }),
    // The schema comes from llama.cpp and others, not from OpenAI. Ignoring it would mislead.
    z.object({ type: z.literal('json_object'), schema: anySchema.nullish() }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object({
        name: z.string().nullish(),
        schema: anySchema.nullish(),
        strict: z.boolean().nullish(),
      }),
    }),
  ],
  { error: "none of 'text', 'json_object' and 'json_schema'" },
)

const asksNothing = (): boolean => false
const useTools = "'tools' and 'tool_choice' have taken its place"

/** The body of `POST /v1/chat/completions`. */
export const chatRequest = z.object({
  ...samplingFields,
  messages: listOf(messageField, limits.chat_messages_max),
  max_completion_tokens: samplingFields.max_tokens,
  tools: z
    .union([z.array(z.never()).max(0), listOf(toolField, limits.chat_tools_max)], {
      error: `a list of up to ${limits.chat_tools_max} functions`,
    })
    .nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  logprobs: z.boolean().nullish(),
  /** The number of likeliest tokens to name at each place. */
  top_logprobs: z.int().min(0).max(limits.top_logprobs_max).nullish(),
  modalities: unsupported(
    (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
    'answers are text',
  ),
  audio: unsupported(asksNothing, 'answers are text'),
  web_search_options: unsupported(asksNothing, 'models of the mesh do not search'),
  functions: unsupported((value) => Array.isArray(value) && value.length === 0, useTools),
  function_call: unsupported((value) => value === 'none' || value === 'auto', useTools),
})

type Given = z.output<typeof chatRequest>

/** Reads the body of `POST /v1/chat/completions`. Throws `RIPPLE_BODY_INVALID`. */
export function readChat(body: unknown): ChatRequest {
  const { data, ignored } = parseBody(chatRequest, body, idleFields)
  const tools = toolsOf(data)
  const strict_tools = (data.tools ?? [])
    .filter((tool) => tool.function.strict)
    .map((tool) => tool.function.name)
  const input: ChatInput = {
    ...{ type: 'chat', messages: chatMessages(data.messages), tools },
    tool_choice: toolChoiceOf(data),
  }
  const format = formatOf(data)
  const logprobs = logprobsOf(data, callableTools(input).length > 0 || format.type !== 'text')
  const ask: ChatRequest['ask'] = {
    ...samplingOf(data, maxTokens(data)),
    input,
    format,
    ...(strict_tools.length > 0 ? { strict_tools } : {}),
    ...(logprobs === null ? {} : { logprobs }),
  }
  return {
    ask,
    more: answersOf(ask, data).slice(1),
    ...streamingOf(data),
    tools: callableTools(input).map((tool) => tool.name),
    parallel: data.parallel_tool_calls !== false,
    ignored: [...ignored, ...schemaNotes(formatSchema(data), toolSchemas(data))].slice(
      0,
      limits.openai_ignored_max,
    ),
    samplers: samplersIn(data),
  }
}

type ChatInput = Extract<Ask['input'], { type: 'chat' }>

function toolsOf({ tools, tool_choice: choice }: Given): ChatInput['tools'] {
  const seen = new Set<string>()
  const all = (tools ?? []).map(({ function: { name, description, parameters } }, index) => {
    if (seen.has(name)) throw fieldError(`tools[${index}].function.name`, `'${name}' is there twice`)
    seen.add(name)
    return { name, description: description ?? '', parameters: parameters ?? { type: 'object' } }
  })
  if (typeof choice !== 'object' || choice?.type !== 'allowed_tools') return all
  const allowed = choice.allowed_tools.tools.map((tool) => tool.function.name)
  const stranger = allowed.find((name) => !seen.has(name))
  if (stranger) throw fieldError('tool_choice.allowed_tools.tools', `no tool is called '${stranger}'`)
  return all.filter((tool) => allowed.includes(tool.name))
}

function toolChoiceOf({ tools, tool_choice: choice }: Given): ChatInput['tool_choice'] {
  const given = (tools ?? []).map((tool) => tool.function.name)
  if (given.length === 0) {
    if (choice && choice !== 'none' && choice !== 'auto')
      throw fieldError('tool_choice', "there are no 'tools' to choose from")
    return 'none'
  }
  if (!choice) return 'auto'
  if (typeof choice === 'string') return choice
  if (choice.type === 'allowed_tools') return choice.allowed_tools.mode
  const { name } = choice.function
  if (!given.includes(name)) throw fieldError('tool_choice.function.name', `no tool is called '${name}'`)
  return { name }
}

/**
 * Returns the wish for log probabilities; null without one. `isFormed`: the answer is a document of which a client sees a part, so
 * its tokens are not those of the client's text. Throws `RIPPLE_BODY_INVALID`.
 */
export function logprobsOf(
  { logprobs, top_logprobs }: Pick<Given, 'logprobs' | 'top_logprobs'>,
  isFormed: boolean,
): NonNullable<Ask['logprobs']> | null {
  if (logprobs !== true) {
    if (top_logprobs) throw fieldError('top_logprobs', "only with 'logprobs': true")
    return null
  }
  if (isFormed) throw fieldError('logprobs', 'not with tools or a format of the answer', 'unsupported_value')
  return { top: top_logprobs ?? 0, prompt: false }
}

function formatOf({ response_format: format }: Given): AnswerFormat {
  if (!format || format.type === 'text') return { type: 'text' }
  const { schema } = format.type === 'json_object' ? format : format.json_schema
  return schema == null ? { type: 'json' } : { type: 'schema', schema }
}

function formatSchema({ response_format: format }: Given): SchemaAt | null {
  if (format?.type === 'json_object' && format.schema != null)
    return { at: 'response_format.schema', schema: format.schema, strict: false }
  if (format?.type !== 'json_schema' || format.json_schema.schema == null) return null
  const { schema, strict } = format.json_schema
  return { at: 'response_format.json_schema.schema', schema, strict: strict === true }
}

function toolSchemas({ tools }: Given): SchemaAt[] {
  return (tools ?? []).map(({ function: { parameters, strict } }, index) => ({
    at: `tools.${index}.function.parameters`,
    schema: parameters ?? {},
    strict: strict === true,
  }))
}

function maxTokens({ max_tokens: old, max_completion_tokens: now }: Given): number | null {
  // Both are upper bounds.
  return old != null && now != null ? Math.min(old, now) : (now ?? old ?? null)
}
