/** Reads requests of OpenAI's Responses API: each becomes the same ask as a chat. */
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { dataClasses, defaultDataClass } from '../../types/data-class.ts'
import type { AnswerFormat, ChatMessage } from '../../types/inference.ts'
import { json } from '../../types/json.ts'
import type { Principal } from '../../types/principal.ts'
import { callableTools } from '../../types/tool-answer.ts'
import { keysOf } from '../openai/answer-head.ts'
import type { ChatRequest } from '../openai/chat-request.ts'
import { messageOf } from '../openai/message-of.ts'
import { functionsOf, offerTools } from '../openai/offered-tools.ts'
import { fieldError, listOf, parseBody, unsupported } from '../openai/parse.ts'
import { idleFields, samplersIn, samplingFields, samplingOf } from '../openai/sampling.ts'
import { schemaNotes } from '../openai/schema-notes.ts'
import { itemField, turnsOf } from './items.ts'
import type { Kept, KeptResponses } from './kept-responses.ts'

const schemaObject = z.record(z.string(), json)

/** A function of the client, or a tool of another type, which is skipped. */
const toolField = z.object({
  type: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  parameters: schemaObject.nullish(),
  strict: z.boolean().nullish(),
})

const named = z.object({ type: z.literal('function'), name: z.string() })
const allowed = z.object({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required']),
  tools: listOf(z.object({ type: z.string().nullish(), name: z.string().nullish() }), limits.chat_tools_max),
})
const toolChoice = z.union([z.enum(['none', 'auto', 'required']), named, allowed], {
  error: "neither 'none', 'auto' or 'required', nor a function",
})

const format = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.enum(['text', 'json_object']) }),
    z.object({
      type: z.literal('json_schema'),
      name: z.string().nullish(),
      schema: schemaObject,
      strict: z.boolean().nullish(),
    }),
  ],
  { error: "none of 'text', 'json_object' and 'json_schema'" },
)

const { model, max_tokens, temperature, top_p, top_k, stream, user, metadata } = samplingFields
const isOff = (value: unknown): boolean => value === false
const isZero = (value: unknown): boolean => value === 0

/** The body of `POST /v1/responses`. */
export const responsesRequest = z.object({
  ...{ model, temperature, top_p, top_k, stream, user, metadata },
  input: z.union([z.string(), listOf(itemField, limits.chat_messages_max)], {
    error: `a text, or a list of up to ${limits.chat_messages_max} items`,
  }),
  instructions: z.string().nullish(),
  max_output_tokens: max_tokens,
  previous_response_id: z.string().min(1).nullish(),
  store: z.boolean().nullish(),
  tools: listOf(toolField, limits.chat_tools_max, 0).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.object({ format: format.nullish() }).nullish(),
  background: unsupported(isOff, 'an answer is waited for'),
  conversation: unsupported(() => false, "'previous_response_id' goes on with an answer"),
  prompt: unsupported(() => false, 'there are no stored prompts'),
  top_logprobs: unsupported(isZero, 'only chats and completions give the log probabilities of tokens'),
})

type Given = z.output<typeof responsesRequest>
type ChatInput = Extract<Ask['input'], { type: 'chat' }>

/** A request for a response. */
export interface ResponsesRequest extends ChatRequest {
  /** The fields of the request that its answer repeats. */
  readonly given: Given
  /** Keeps the answer, unless the request said not to. */
  keep(answered: Pick<Kept, 'body'>, said: ChatMessage): void
}

/** Returns a reader of `POST /v1/responses`, which throws `RIPPLE_BODY_INVALID`. */
export function responsesReader(kept: KeptResponses) {
  return (body: unknown, headers: IncomingHttpHeaders, caller: Principal): ResponsesRequest => {
    const { data, ignored } = parseBody(responsesRequest, body, idleFields)
    const { data_class = defaultDataClass } = keysOf(headers)
    const before = previousOf(data, kept, caller, data_class)
    const items =
      typeof data.input === 'string'
        ? [{ type: 'message' as const, role: 'user' as const, content: data.input }]
        : data.input
    const { messages, skipped } = turnsOf(before, items, (id) => itemOf(id, kept, caller, data_class))
    return {
      ...askOf(data, messages, [...skipped, ...ignored]),
      given: data,
      keep: ({ body }, said) => {
        if (data.store !== false) kept.add(caller, { body, messages: [...messages, said], data_class })
      },
    }
  }
}

/** Returns the turns of the answer that a request goes on with. A protected conversation stays protected. */
function previousOf(
  { previous_response_id: id }: Given,
  kept: KeptResponses,
  caller: Principal,
  data_class: Kept['data_class'],
): readonly ChatMessage[] {
  if (id == null) return []
  const found = kept.find(caller, id)
  const at = 'previous_response_id'
  if (found === null) throw fieldError(at, 'this machine has no such response', 'previous_response_not_found')
  guardClass(at, found, data_class)
  return found.messages
}

/** Returns the item of an earlier answer that a request names; null without one. */
function itemOf(
  id: string,
  kept: KeptResponses,
  caller: Principal,
  data_class: Kept['data_class'],
): object | null {
  const found = kept.findItem(caller, id)
  if (found === null) return null
  guardClass('input', found.kept, data_class)
  return found.item
}

/** Throws `RIPPLE_BODY_INVALID` if a request has a lower class than the answer that it names. */
function guardClass(at: string, { data_class: least }: Kept, data_class: Kept['data_class']): void {
  if (dataClasses.indexOf(data_class) < dataClasses.indexOf(least))
    throw fieldError(
      at,
      `the class of the answer that it names is '${least}': send it as x-ripple-data-class`,
    )
}

function askOf(data: Given, messages: readonly ChatMessage[], ignored: readonly string[]): ChatRequest {
  const { tools, strict, skipped, schemas } = toolsOf(data)
  const all = data.instructions ? [messageOf('system', data.instructions), ...messages] : [...messages]
  if (all.length === 0) throw fieldError('input', 'it has no item that a model reads')
  if (all.length > limits.chat_messages_max)
    throw fieldError('input', `with the turns before it, more than ${limits.chat_messages_max}`)
  const input: ChatInput = {
    ...{ type: 'chat', messages: all, tools },
    tool_choice: toolChoiceOf(data, tools),
  }
  const wanted = data.text?.format
  const schema =
    wanted?.type === 'json_schema'
      ? { at: 'text.format.schema', schema: wanted.schema, strict: wanted.strict === true }
      : null
  return {
    ask: {
      ...samplingOf(data, data.max_output_tokens ?? null),
      ...{ input, format: formatOf(data) },
      ...(strict.length > 0 ? { strict_tools: strict } : {}),
    },
    ...{ stream: data.stream === true, usage: true },
    tools: callableTools(input).map((tool) => tool.name),
    parallel: data.parallel_tool_calls !== false,
    ignored: [...outer([...skipped, ...ignored]), ...schemaNotes(schema, schemas)].slice(
      0,
      limits.openai_ignored_max,
    ),
    samplers: samplersIn(data),
  }
}

/** Leaves out the paths within a path that is named itself. The cost grows with the paths' length alone. */
function outer(paths: readonly string[]): string[] {
  const all = new Set(paths)
  return paths.filter((path) => {
    for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1))
      if (all.has(path.slice(0, dot))) return false
    return true
  })
}

/** Reads the tools. A choice of type `allowed_tools` leaves those that it names. */
function toolsOf({ tools, tool_choice: choice }: Given) {
  const { functions, skipped } = functionsOf(tools ?? [], ({ type }) => type === 'function')
  const only = typeof choice === 'object' && choice?.type === 'allowed_tools' ? choice.tools : null
  const stranger = only?.find(
    ({ type, name }) => (type ?? 'function') === 'function' && !functions.some((one) => one.name === name),
  )
  if (stranger) throw fieldError('tool_choice.tools', `no tool is called '${stranger.name ?? ''}'`)
  const wanted = only ? functions.filter(({ name }) => only.some((one) => one.name === name)) : functions
  return { skipped, ...offerTools(wanted, 'parameters') }
}

function toolChoiceOf({ tool_choice: choice }: Given, tools: ChatInput['tools']): ChatInput['tool_choice'] {
  if (choice === 'none') return 'none'
  if (typeof choice === 'object' && choice?.type === 'function') {
    if (tools.some(({ name }) => name === choice.name)) return { name: choice.name }
    throw fieldError('tool_choice.name', 'no tool has this name')
  }
  const mode = typeof choice === 'object' ? choice?.mode : choice
  if (mode === 'required' && tools.length === 0)
    throw fieldError('tool_choice', "there are no 'tools' to choose from")
  return tools.length === 0 ? 'none' : (mode ?? 'auto')
}

function formatOf({ text }: Given): AnswerFormat {
  if (text?.format?.type === 'json_schema') return { type: 'schema', schema: text.format.schema }
  return { type: text?.format?.type === 'json_object' ? 'json' : 'text' }
}
