/** Reads the turns of Ollama's chats. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { ChatMessage, ToolCall } from '../../types/inference.ts'
import { json } from '../../types/json.ts'
import { messageOf, onlyText } from '../openai/message-of.ts'
import { fieldError, listOf, unsupported } from '../openai/parse.ts'

/** Images, which are refused, because an answer without them would mislead. */
export const imagesField = unsupported((value) => Array.isArray(value) && value.length === 0, onlyText.error)

const call = z.object({
  /** Older clients send none. */
  id: z.string().min(1).nullish(),
  function: z.object({ name: z.string().min(1), arguments: z.record(z.string(), json).nullish() }),
})

const said = { content: z.string().nullish(), images: imagesField }

/** One turn as a client sends it. */
export const turnField = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'user']), ...said }),
    z.object({
      role: z.literal('assistant'),
      ...said,
      tool_calls: listOf(call, limits.chat_tools_max, 0).nullish(),
    }),
    z.object({
      role: z.literal('tool'),
      ...said,
      tool_name: z.string().nullish(),
      tool_call_id: z.string().nullish(),
    }),
  ],
  { error: "none of 'system', 'user', 'assistant' and 'tool'" },
)

type Turn = z.output<typeof turnField>

/**
 * Converts a client's turns. A result without an id answers the oldest open call of its tool, or the oldest one of all if it names
 * no tool. Throws `RIPPLE_BODY_INVALID` for a result without a call.
 */
export function messagesOf(turns: readonly Turn[]): ChatMessage[] {
  const open: ToolCall[] = []
  return turns.map((turn, index) => {
    const text = turn.content ?? ''
    if (turn.role === 'tool') {
      const at = open.findIndex((one) => answers(turn, one))
      const [answered] = at < 0 ? [] : open.splice(at, 1)
      if (!answered) throw fieldError(`messages[${index}]`, 'no turn before it has a call that it answers')
      return messageOf('tool', text, [], answered.id)
    }
    if (turn.role !== 'assistant') return messageOf(turn.role, text)
    const calls = (turn.tool_calls ?? []).map(({ id, function: called }, at) => ({
      id: id ?? `call_${index}_${at}`,
      name: called.name,
      arguments: JSON.stringify(called.arguments ?? {}),
    }))
    open.push(...calls)
    return messageOf('assistant', text, calls)
  })
}

function answers(
  { tool_call_id, tool_name }: Extract<Turn, { role: 'tool' }>,
  { id, name }: ToolCall,
): boolean {
  if (tool_call_id) return id === tool_call_id
  return !tool_name || name === tool_name
}
