/** Writes a request to a provider in OpenAI's format. */
import type { OpenAiConfig } from '../config/upstream.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { ChatMessage, InferenceInput, Tool } from '../types/inference.ts'
import type { ProviderRequest } from './port.ts'

/** A request in OpenAI's format. */
export interface OpenAiRequest {
  /** The path below the base URL. */
  readonly path: 'chat/completions' | 'completions'
  readonly body: Readonly<Record<string, unknown>>
}

/** The most stop words of OpenAI's API. */
const STOP_WORDS_MAX = 4

/**
 * Returns a request in OpenAI's format. Chats and texts that are a user's turn use the chat route; texts to continue use the
 * older one. It leaves out parameters at their defaults, because some servers lack them. It also leaves out `top_k`, which
 * OpenAI's API lacks, and all sampling for some servers. Throws `RIPPLE_UPSTREAM_UNABLE` for texts to embed and for too many
 * stop words. Pure.
 */
export function openAiRequest(
  request: ProviderRequest,
  config: Pick<OpenAiConfig, 'name' | 'max_tokens_field' | 'sampling'>,
): OpenAiRequest {
  const { input } = request
  if (input.type === 'embed')
    throw new RippleError('RIPPLE_UPSTREAM_UNABLE', { provider: config.name, detail: 'it embeds no texts' })
  if (request.stop.length > STOP_WORDS_MAX)
    throw new RippleError('RIPPLE_UPSTREAM_UNABLE', {
      provider: config.name,
      detail: `it takes no more than ${STOP_WORDS_MAX} stop words`,
    })
  const shared = {
    model: request.model,
    stream: true,
    stream_options: { include_usage: true },
    [config.max_tokens_field]: request.max_tokens,
    ...(request.stop.length === 0 ? {} : { stop: request.stop }),
    ...(config.sampling ? sampling(request) : {}),
  }
  if (input.type === 'text' && input.template === 'none')
    return { path: 'completions', body: { ...shared, prompt: input.text } }
  const format = formatOf(request)
  return { path: 'chat/completions', body: { ...shared, ...chatOf(input), ...format } }
}

/** OpenAI's default temperature, in thousandths. */
const DEFAULT_TEMPERATURE_MILLI = 1_000

function sampling(request: ProviderRequest): Record<string, unknown> {
  const { temperature_milli, top_p_milli, seed, penalties } = request
  return {
    ...(temperature_milli === DEFAULT_TEMPERATURE_MILLI ? {} : { temperature: temperature_milli / 1_000 }),
    ...(top_p_milli > 0 && top_p_milli < 1_000 ? { top_p: top_p_milli / 1_000 } : {}),
    ...(seed === null ? {} : { seed }),
    ...(penalties.frequency_milli === 0 ? {} : { frequency_penalty: penalties.frequency_milli / 1_000 }),
    ...(penalties.presence_milli === 0 ? {} : { presence_penalty: penalties.presence_milli / 1_000 }),
  }
}

function chatOf(input: Exclude<InferenceInput, { type: 'embed' }>): Record<string, unknown> {
  if (input.type === 'text') return { messages: [{ role: 'user', content: input.text }] }
  const { messages, tools, tool_choice } = input
  const choice =
    typeof tool_choice === 'string' ? tool_choice : { type: 'function', function: { name: tool_choice.name } }
  return {
    messages: messages.map(messageOf),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOf), tool_choice: choice }),
  }
}

function messageOf({ role, content, tool_calls, tool_call_id }: ChatMessage): Record<string, unknown> {
  return {
    role,
    content,
    ...(tool_calls.length === 0
      ? {}
      : {
          tool_calls: tool_calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
    ...(tool_call_id === null ? {} : { tool_call_id }),
  }
}

function toolOf({ name, description, parameters }: Tool): Record<string, unknown> {
  return { type: 'function', function: { name, description, parameters } }
}

function formatOf({ format }: ProviderRequest): Record<string, unknown> {
  if (format.type === 'text') return {}
  if (format.type === 'json') return { response_format: { type: 'json_object' } }
  const { schema } = format
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }
}
