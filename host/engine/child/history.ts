/** Converts the messages of a chat for the binding's chat templates. */
import type { ChatHistoryItem, ChatModelFunctionCall } from 'node-llama-cpp'
import type { ChatMessage, Tool } from '../../types/inference.ts'

/** Instructions for a model that has functions, whether or not its template lists them: the grammar allows only these forms. */
const CALL_FORM =
  'To call functions, answer with a JSON document {"tool_calls": [{"name": "<function>", "arguments": {<arguments>}}]}.'
const SAY_FORM = 'To answer in words, answer with {"content": "<words>"}.'

/** Returns the plain text that informs a model of its functions; `listed` names and describes them too. */
export function toolsText(tools: readonly Tool[], mayTalk: boolean, listed: boolean): string {
  const lines = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ name, description, parameters }),
  )
  return [
    ...(listed ? ['You can call these functions:', ...lines] : []),
    CALL_FORM,
    ...(mayTalk ? [SAY_FORM] : []),
  ].join('\n')
}

/** Returns a chat for the binding's templates, with calls and their results as plain text. The model's own turn is next. */
export function plainHistory(messages: readonly ChatMessage[]): ChatHistoryItem[] {
  const names = callNames(messages)
  const items = messages.map((message): ChatHistoryItem => {
    const { role, content, tool_calls } = message
    if (role === 'system') return { type: 'system', text: content }
    if (role === 'user') return { type: 'user', text: content }
    if (role === 'tool')
      return {
        type: 'user',
        text: `Result of ${names.get(message.tool_call_id ?? '') ?? 'a call'}: ${content}`,
      }
    return { type: 'model', response: [[content, callsText(tool_calls)].filter(Boolean).join('\n')] }
  })
  return [...items, { type: 'model', response: [] }]
}

/**
 * Returns a chat with calls and results for a template that has its own form for them. A call without a result gets an empty
 * one.
 */
export function nativeHistory(messages: readonly ChatMessage[]): ChatHistoryItem[] {
  const results = new Map(
    messages.flatMap(({ role, tool_call_id, content }) =>
      role === 'tool' && tool_call_id !== null ? [[tool_call_id, content] as const] : [],
    ),
  )
  const items: ChatHistoryItem[] = []
  for (const { role, content, tool_calls } of messages) {
    if (role === 'tool') continue
    if (role !== 'assistant') {
      items.push({ type: role, text: content })
      continue
    }
    const calls = tool_calls.map(
      (call): ChatModelFunctionCall => ({
        type: 'functionCall',
        name: call.name,
        params: argumentsOf(call.arguments),
        result: results.get(call.id) ?? '',
      }),
    )
    const response = [...(content === '' ? [] : [content]), ...calls]
    const last = items.at(-1)
    // Content after a call's result belongs to the same turn.
    if (last?.type === 'model') last.response.push(...response)
    else items.push({ type: 'model', response })
  }
  if (items.at(-1)?.type !== 'model') items.push({ type: 'model', response: [] })
  return items
}

function callNames(messages: readonly ChatMessage[]): Map<string, string> {
  return new Map(messages.flatMap(({ tool_calls }) => tool_calls.map(({ id, name }) => [id, name] as const)))
}

function callsText(calls: ChatMessage['tool_calls']): string {
  if (calls.length === 0) return ''
  return JSON.stringify({
    tool_calls: calls.map((call) => ({ name: call.name, arguments: argumentsOf(call.arguments) })),
  })
}

/** Returns arguments as JSON, or as text where the model did not write JSON. */
function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
