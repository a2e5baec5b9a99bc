/** Reads the items of OpenAI's Responses API: each becomes a turn of a chat, or a part of one. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { ChatMessage, ToolCall } from '../../types/inference.ts'
import { argumentsOf, messageOf, onlyText, textOf } from '../openai/message-of.ts'
import { fieldError, listOf } from '../openai/parse.ts'

const max = limits.chat_parts_max
const id = z.string().nullish()
const status = z.string().nullish()

const part = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() }),
    z.object({ type: z.literal('refusal'), refusal: z.string() }),
  ],
  onlyText,
)
const content = z.union([z.string(), listOf(part, max, 0)], onlyText)

const roles = { error: "none of 'user', 'assistant', 'system' and 'developer'" }
const message = z.object({
  ...{ id, status, content, type: z.literal('message') },
  role: z.enum(['user', 'assistant', 'system', 'developer'], roles),
})
const call = z.object({
  ...{ id, status, type: z.literal('function_call') },
  ...{ call_id: z.string().min(1), name: z.string().min(1), arguments: z.string().nullish() },
})
const result = z.object({
  ...{ id, status, type: z.literal('function_call_output') },
  ...{ call_id: z.string().min(1), output: content },
})
const reference = z.object({ type: z.literal('item_reference'), id: z.string().min(1) })

const unknown = z.object({ type: z.literal('unknown') })
const items = [message, call, result, reference, unknown] as const
const types = new Set<unknown>(items.flatMap(({ shape }) => [...shape.type.values]))

/** One item as a client sends it. An item of another type is skipped: models of the mesh make none, and read none. */
export const itemField = z.preprocess(typed, z.discriminatedUnion('type', items))

type Item = z.output<typeof itemField>

/** Gives an item its type: a message may come without one. */
function typed(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  const type: unknown = Reflect.get(given, 'type') ?? 'message'
  return types.has(type) ? { ...given, type } : typeof type === 'string' ? { type: 'unknown' } : given
}

/** The turns that items make, with the paths of the skipped items. */
export interface Turns {
  readonly messages: readonly ChatMessage[]
  readonly skipped: readonly string[]
}

/**
 * Converts items, after the turns before them. `find` returns the item of an earlier answer by its id. Throws
 * `RIPPLE_BODY_INVALID` for an unknown reference, and for a result of a call that no earlier item has.
 */
export function turnsOf(
  before: readonly ChatMessage[],
  items: readonly Item[],
  find: (id: string) => object | null,
): Turns {
  const messages = [...before]
  const skipped: string[] = []
  const asked = new Set(before.flatMap(({ tool_calls }) => tool_calls.map((one) => one.id)))
  const add = (item: Item, at: string): void => {
    if (item.type === 'unknown') skipped.push(at.replace(/\[(\d+)\]/, '.$1'))
    else if (item.type === 'item_reference') {
      const found = find(item.id)
      if (found === null) throw fieldError(`${at}.id`, 'no stored answer has such an item', 'item_not_found')
      add(itemField.parse(found), at)
    } else if (item.type === 'function_call') {
      asked.add(item.call_id)
      addCall(messages, { id: item.call_id, name: item.name, arguments: argumentsOf(item.arguments) })
    } else if (item.type === 'function_call_output') {
      if (!asked.has(item.call_id)) throw fieldError(`${at}.call_id`, 'no item before it has such a call')
      messages.push(messageOf('tool', textOf(item.output), [], item.call_id))
    } else messages.push(messageOf(item.role === 'developer' ? 'system' : item.role, textOf(item.content)))
  }
  for (const [index, item] of items.entries()) add(item, `input[${index}]`)
  return { messages, skipped }
}

/** Adds a call to the turn of the assistant that it belongs to. */
function addCall(messages: ChatMessage[], added: ToolCall): void {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') messages.push(messageOf('assistant', '', [added]))
  else messages.splice(-1, 1, { ...last, tool_calls: [...last.tool_calls, added] })
}
