/** Reads requests of Anthropic's Messages API: each becomes the same ask as a chat in OpenAI's form. */
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { json } from '../../types/json.ts'
import { callableTools } from '../../types/tool-answer.ts'
import type { ChatRequest } from '../openai/chat-request.ts'
import { functionsOf, offerTools } from '../openai/offered-tools.ts'
import { fieldError, listOf, parseBody, unsupported } from '../openai/parse.ts'
import { idleFields, samplersIn, samplingFields, samplingOf } from '../openai/sampling.ts'
import { schemaNotes } from '../openai/schema-notes.ts'
import { messagesOf, referredTools, textField, turnField } from './turns.ts'

const schemaObject = z.record(z.string(), json)

/** A function of the client, or a tool that Anthropic itself would run. The latter is skipped. */
const toolField = z.object({
  type: z.string().nullish(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  input_schema: schemaObject.nullish(),
  strict: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
})

const parallel = { disable_parallel_tool_use: z.boolean().nullish() }
const toolChoice = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.enum(['auto', 'any']), ...parallel }),
    z.object({ type: z.literal('none') }),
    z.object({ type: z.literal('tool'), name: z.string(), ...parallel }),
  ],
  { error: "none of 'auto', 'any', 'tool' and 'none'" },
)

const format = z.object({
  type: z.literal('json_schema', { error: "only 'json_schema' is known" }),
  schema: schemaObject,
})

const { model, max_tokens, temperature, top_p, top_k, stop, stream, metadata } = samplingFields

/** The fields of a request that become the prompt. */
const inputFields = {
  ...{ model, metadata },
  system: textField.nullish(),
  messages: listOf(turnField, limits.chat_messages_max),
  tools: listOf(toolField, limits.chat_tools_max, 0).nullish(),
  tool_choice: toolChoice.nullish(),
  output_config: z.object({ format: format.nullish() }).nullish(),
}

/** The body of `POST /v1/messages`. */
export const messagesRequest = z.object({
  ...inputFields,
  ...{ max_tokens, temperature, top_p, top_k, stream },
  stop_sequences: stop,
  /** A conversation that the server keeps. The client sends new turns alone after the first, so it is refused at once. */
  thread: unsupported(() => false, 'no conversation is kept here: send all messages each time'),
})

/** The body of `POST /v1/messages/count_tokens`. */
export const countRequest = z.object(inputFields)

type Given = z.output<typeof messagesRequest>
type Input = z.output<typeof countRequest>
type ChatInput = Extract<Ask['input'], { type: 'chat' }>

/** A request to a chat model, as `answerTo` reads it. */
export type MessagesRequest = ChatRequest

/** Reads the body of `POST /v1/messages`. Throws `RIPPLE_BODY_INVALID`. */
export function readMessages(body: unknown, headers: IncomingHttpHeaders): MessagesRequest {
  const { data, ignored } = parseBody(messagesRequest, body, idleFields)
  return askOf(data, [...betasIn(headers), ...ignored])
}

/** Reads the body of `POST /v1/messages/count_tokens`. Throws `RIPPLE_BODY_INVALID`. */
export function readCount(body: unknown, headers: IncomingHttpHeaders): MessagesRequest {
  const { data, ignored } = parseBody(countRequest, body, idleFields)
  return askOf(data, [...betasIn(headers), ...ignored])
}

function askOf(data: Given, ignored: readonly string[]): MessagesRequest {
  const { tools, strict, skipped, schemas } = toolsOf(data)
  if (data.messages.at(-1)?.role === 'assistant')
    throw fieldError('messages', 'the last turn is that of the assistant, which no answer continues')
  const schema = data.output_config?.format?.schema
  const choice = data.tool_choice
  const { blocks, dropped } = systemOf(data)
  const input: ChatInput = {
    ...{ type: 'chat', tools, messages: messagesOf(blocks, data.messages) },
    tool_choice: toolChoiceOf(data, tools),
  }
  const notes = schemaNotes(
    schema ? { at: 'output_config.format.schema', schema, strict: false } : null,
    schemas,
  )
  const sampling = { ...data, stop: data.stop_sequences }
  return {
    ask: {
      ...samplingOf(sampling, data.max_tokens ?? null),
      input,
      format: schema ? { type: 'schema', schema } : { type: 'text' },
      ...(strict.length > 0 ? { strict_tools: strict } : {}),
    },
    ...{ stream: data.stream === true, usage: true },
    tools: callableTools(input).map((tool) => tool.name),
    parallel: !(choice && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use),
    ignored: [...ignored, ...dropped, ...skipped, ...notes].slice(0, limits.openai_ignored_max),
    samplers: samplersIn(sampling),
  }
}

/** The header that names features which are not finished yet. They are tolerated, and each answer says that it ignored them. */
function betasIn(headers: IncomingHttpHeaders): readonly string[] {
  return headers['anthropic-beta'] === undefined ? [] : ['anthropic-beta']
}

/** Claude Code's first system block names its version, for Anthropic's bills alone. */
const billing = /^x-anthropic-billing-header:/

function systemOf({ system }: Input) {
  if (system == null || typeof system === 'string') return { blocks: system ?? null, dropped: [] }
  const isBill = system[0] !== undefined && billing.test(system[0].text)
  return isBill ? { blocks: system.slice(1), dropped: ['system.0'] } : { blocks: system, dropped: [] }
}

/** Reads the tools. A deferred tool is offered once a result of a search refers to it. */
function toolsOf({ tools, messages }: Input) {
  const listed = (tools ?? []).map((tool) => ({ ...tool, parameters: tool.input_schema }))
  const { functions, skipped } = functionsOf(listed, ({ type }) => type == null || type === 'custom')
  const referred = referredTools(messages)
  const wanted = functions.filter(({ name, defer_loading }) => !defer_loading || referred.has(name))
  return { skipped, ...offerTools(wanted, 'input_schema') }
}

function toolChoiceOf({ tool_choice: choice }: Input, tools: ChatInput['tools']): ChatInput['tool_choice'] {
  if (!choice || choice.type === 'auto') return tools.length > 0 ? 'auto' : 'none'
  if (choice.type === 'none') return 'none'
  if (choice.type === 'tool') {
    if (tools.some(({ name }) => name === choice.name)) return { name: choice.name }
    throw fieldError(
      'tool_choice.name',
      `no tool is called '${choice.name.slice(0, limits.openai_model_chars_max)}'`,
    )
  }
  if (tools.length === 0) throw fieldError('tool_choice', "there are no 'tools' to choose from")
  return 'required'
}
