import { z } from 'zod'
import { type Json, json } from './json.ts'

const calls = z.strictObject({
  tool_calls: z
    .array(z.strictObject({ name: z.string(), arguments: z.record(z.string(), json) }))
    .min(1)
    .readonly(),
})
const content = z.strictObject({ content: json })

/** What a model said that had functions to call: text, or calls with their arguments. */
export type ToolAnswer =
  | { readonly content: string }
  | {
      readonly tool_calls: readonly {
        readonly name: string
        readonly arguments: { readonly [name: string]: Json }
      }[]
    }

/**
 * Reads the text of a run with tools: `{"tool_calls": [{"name": ..., "arguments": {...}}]}` or `{"content": "..."}`, where the
 * content may be a document of its own if the answer's format asks for one. Null for anything else, such as a text that was cut
 * at its bound of tokens.
 */
export function parseToolAnswer(text: string): ToolAnswer | null {
  const parsed = readJson(text)
  const called = calls.safeParse(parsed)
  if (called.success) return called.data
  const said = content.safeParse(parsed)
  if (!said.success) return null
  const { content: told } = said.data
  return { content: typeof told === 'string' ? told : JSON.stringify(told) }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
