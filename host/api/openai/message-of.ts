/** Makes the turns of a chat, for each dialect. */
import type { ChatMessage, ToolCall } from '../../types/inference.ts'

/** The refusal of a part that is not text. */
export const onlyText = { error: 'models of the mesh read text: no images, sound or files' }

/** Makes a turn. `tool_call_id` is the call that a turn of the role `tool` answers. */
export function messageOf(
  role: ChatMessage['role'],
  content: string,
  tool_calls: ToolCall[] = [],
  tool_call_id: string | null = null,
): ChatMessage {
  return { role, content, tool_calls, tool_call_id }
}

/** Returns a call's arguments as JSON: a function without parameters is often called with an empty text. */
export function argumentsOf(given: string | null | undefined): string {
  return given?.trim() ? given : '{}'
}

/** Joins text that is whole or in parts. */
export function textOf(
  given: string | readonly ({ readonly text: string } | { readonly refusal: string })[],
): string {
  if (typeof given === 'string') return given
  return given.map((part) => ('text' in part ? part.text : part.refusal)).join('')
}
