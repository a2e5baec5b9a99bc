/** Reads the turns of a chat. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { ChatMessage } from '../../types/inference.ts'
import { argumentsOf, messageOf, onlyText, textOf } from './message-of.ts'
import { fieldError, listOf, unsupported } from './parse.ts'

const part = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('refusal'), refusal: z.string() }),
  ],
  onlyText,
)

/** Text, whole or in parts. */
const content = z.union([z.string(), listOf(part, limits.chat_parts_max, 0)], {
  error: 'neither text nor a list of parts',
})

const call = z.object({
  id: z.string().min(1),
  /** Some clients leave it out. */
  type: z.literal('function', { error: "only calls of the type 'function' are known" }).nullish(),
  function: z.object({ name: z.string().min(1), arguments: z.string().nullish() }),
})

/** One turn as a client sends it. */
export const messageField = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer', 'user']), content }),
    z.object({
      role: z.literal('assistant'),
      content: content.nullish(),
      tool_calls: listOf(call, limits.chat_tools_max, 0).nullish(),
      function_call: unsupported(() => false, "'tool_calls' have taken its place"),
    }),
    z.object({ role: z.literal('tool'), content: content.nullish(), tool_call_id: z.string().min(1) }),
  ],
  { error: "none of 'system', 'developer', 'user', 'assistant' and 'tool'" },
)

type Given = z.output<typeof messageField>

/** Converts a client's turns. Throws `RIPPLE_BODY_INVALID` if a tool turn answers a call that no earlier turn has. */
export function chatMessages(given: readonly Given[]): ChatMessage[] {
  const asked = new Set<string>()
  return given.map((message, index) => {
    const { role } = message
    if (role === 'tool') {
      if (!asked.has(message.tool_call_id))
        throw fieldError(`messages[${index}].tool_call_id`, 'no turn before it has such a call')
      return messageOf(role, textOf(message.content ?? ''), [], message.tool_call_id)
    }
    if (role !== 'assistant') return messageOf(role === 'user' ? 'user' : 'system', textOf(message.content))
    const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => {
      asked.add(id)
      return { id, name, arguments: argumentsOf(args) }
    })
    return messageOf(role, textOf(message.content ?? ''), calls)
  })
}
