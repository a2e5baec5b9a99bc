/** Reads the turns of Anthropic's Messages API. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { ChatMessage, ToolCall } from '../../types/inference.ts'
import { json } from '../../types/json.ts'
import { messageOf, onlyText } from '../openai/message-of.ts'
import { fieldError, listOf } from '../openai/parse.ts'

const max = limits.chat_parts_max
const textBlock = z.object({ type: z.literal('text'), text: z.string() })

/** Text, whole or in blocks. */
export const textField = z.union([z.string(), listOf(textBlock, max, 0)], onlyText)

/** The name of a tool that the client's own search has found. */
const reference = z.object({ type: z.literal('tool_reference'), tool_name: z.string() })
const resultBlock = z.discriminatedUnion('type', [textBlock, reference], onlyText)

const result = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: z.union([z.string(), listOf(resultBlock, max, 0)], onlyText).nullish(),
  is_error: z.boolean().nullish(),
})

const use = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: json.nullish(),
})

/** The thoughts of an earlier answer. Their text is ignored, because only the model that wrote them reads them. */
const thought = z.object({ type: z.enum(['thinking', 'redacted_thinking']) })

const userBlock = z.discriminatedUnion('type', [textBlock, result], onlyText)
const assistantBlock = z.discriminatedUnion('type', [textBlock, use, thought], onlyText)

/** One turn as a client sends it. Claude Code sends instructions between the turns, with the role `system`. */
export const turnField = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal('user'), content: z.union([z.string(), listOf(userBlock, max)], onlyText) }),
    z.object({
      role: z.literal('assistant'),
      content: z.union([z.string(), listOf(assistantBlock, max, 0)], onlyText),
    }),
    z.object({ role: z.literal('system'), content: textField }),
  ],
  { error: "none of 'user', 'assistant' and 'system'" },
)

/** One turn as a client sends it. */
export type Turn = z.output<typeof turnField>
type Content = z.output<typeof textField>

/** Converts a client's turns. Throws `RIPPLE_BODY_INVALID` for a result of a call that no earlier turn has. */
export function messagesOf(system: Content | null, turns: readonly Turn[]): ChatMessage[] {
  const asked = new Set<string>()
  const first = system === null || system.length === 0 ? [] : [messageOf('system', textOf(system))]
  return [...first, ...turns.flatMap((turn, index) => fromTurn(turn, `messages[${index}]`, asked))]
}

/** Returns the names of the tools that results refer to. */
export function referredTools(turns: readonly Turn[]): Set<string> {
  const found = turns.flatMap(({ role, content }) =>
    role === 'user' && typeof content !== 'string' ? content.flatMap(referencesIn) : [],
  )
  return new Set(found)
}

function referencesIn(block: z.output<typeof userBlock>): string[] {
  if (block.type !== 'tool_result' || !Array.isArray(block.content)) return []
  return block.content.flatMap((one) => (one.type === 'tool_reference' ? [one.tool_name] : []))
}

function fromTurn(turn: Turn, at: string, asked: Set<string>): ChatMessage[] {
  const { role, content } = turn
  if (typeof content === 'string' || role === 'system') return [messageOf(role, textOf(content))]
  if (role === 'assistant') {
    const calls = content.flatMap((block) => (block.type === 'tool_use' ? [callOf(block)] : []))
    for (const { id } of calls) asked.add(id)
    return [messageOf(role, textOf(content), calls)]
  }
  const results = content.flatMap((block, index) => {
    if (block.type !== 'tool_result') return []
    if (!asked.has(block.tool_use_id))
      throw fieldError(`${at}.content[${index}].tool_use_id`, 'no turn before it has such a call')
    return [messageOf('tool', resultText(block), [], block.tool_use_id)]
  })
  // The results answer the calls of the turn before, so they come first. A turn of results alone says nothing else.
  const said = textOf(content)
  return results.length > 0 && said === '' ? results : [...results, messageOf(role, said)]
}

function callOf({ id, name, input }: z.output<typeof use>): ToolCall {
  return { id, name, arguments: JSON.stringify(input ?? {}) }
}

function resultText({ content, is_error }: z.output<typeof result>): string {
  const text = typeof content === 'string' ? content : (content ?? []).map(partText).join('\n')
  return is_error ? `Error: ${text}` : text
}

function partText(block: z.output<typeof resultBlock>): string {
  return block.type === 'text' ? block.text : `The tool ${block.tool_name} can be called now.`
}

/** Returns the text of all text blocks. A block is a paragraph of its own. */
function textOf(content: string | readonly { readonly type: string; readonly text?: string }[]): string {
  if (typeof content === 'string') return content
  return content.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : [])).join('\n')
}
