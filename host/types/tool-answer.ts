import { z } from 'zod'
import type { InferenceInput, InferencePayload, Tool } from './inference.ts'
import { type Json, json } from './json.ts'

/** What a chat with tools answered: text, calls of functions, or both. */
export interface ToolAnswer {
  readonly content: string | null
  readonly calls: readonly { readonly name: string; readonly arguments: string }[]
}

/**
 * The tools that an answer may call: none where it is text in any case, which the choice `none` makes it. Where there are any, the
 * answer is one JSON document, as `readToolAnswer` reads it; engine and API go by this alone. Pure.
 */
export function callableTools(input: InferenceInput): readonly Tool[] {
  if (input.type !== 'chat' || input.tool_choice === 'none') return []
  const { tools, tool_choice: choice } = input
  return typeof choice === 'object' ? tools.filter(({ name }) => name === choice.name) : tools
}

/** Whether an answer is plain text, which another machine can go on with: no JSON, no calls of tools, no vectors. Pure. */
export function isPlainText({ input, format }: Pick<InferencePayload, 'input' | 'format'>): boolean {
  return format.type === 'text' && input.type !== 'embed' && callableTools(input).length === 0
}

/** The form that the engine's grammar gives such an answer. */
const form = z.object({
  content: json.nullish(),
  tool_calls: z.array(z.object({ name: z.string(), arguments: json })).nullish(),
})

/**
 * Reads the whole answer of a chat with tools: `{"tool_calls": [{"name", "arguments"}]}` or `{"content": ...}`. What does not
 * begin like JSON is text. Of an answer that was cut off there is the text so far, and no half of a call. Null where it has
 * neither form.
 */
export function readToolAnswer(text: string, finish: 'stop' | 'length'): ToolAnswer | null {
  if (!text.trimStart().startsWith('{')) return { content: text, calls: [] }
  const parsed = form.safeParse(parseJson(text))
  if (!parsed.success) return finish === 'length' ? { content: contentReader()(text), calls: [] } : null
  const { content = null, tool_calls } = parsed.data
  if (content === null && !tool_calls) return null
  return {
    content: content === null ? null : asText(content),
    calls: (tool_calls ?? []).map((call) => ({ name: call.name, arguments: asText(call.arguments) })),
  }
}

/** Text as it is; JSON as its text. */
function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** How an answer in text begins, and how any answer may begin. */
const contentHead = /^\s*\{\s*"content"\s*:\s*"/
const headStart = /^\s*(\{\s*("([a-z_]*("\s*(:\s*)?)?)?)?)?$/
/** What may stand before the text, in UTF-16 units: whoever sends more sends no answer. */
const HEAD_CHARS_MAX = 256
/** JSON's escapes of one letter. */
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/**
 * Makes a reader of the pieces of such an answer, which gives the text that each piece adds as soon as it can be read: nothing
 * of calls, which are read when they are whole.
 */
export function contentReader(): (piece: string) => string {
  let state: 'head' | 'content' | 'plain' | 'over' = 'head'
  let rest = ''
  return (piece) => {
    rest += piece
    if (state === 'head') {
      const head = contentHead.exec(rest)
      if (head) {
        state = 'content'
        rest = rest.slice(head[0].length)
      } else if (/^\s*[^\s{]/.test(rest)) state = 'plain'
      else if (rest.length > HEAD_CHARS_MAX || !headStart.test(rest)) state = 'over'
    }
    if (state === 'head') return ''
    const given = state === 'content' ? readString(rest) : { text: state === 'plain' ? rest : '', rest: '' }
    if (given.rest === null) state = 'over'
    rest = given.rest ?? ''
    return given.text
  }
}

/** Reads JSON's string as far as it is there. `rest` is the half of an escape, or null where the string has ended. */
function readString(raw: string): { text: string; rest: string | null } {
  let text = ''
  let at = 0
  for (;;) {
    const next = raw.slice(at).search(/["\\]/)
    if (next === -1) return { text: text + raw.slice(at), rest: '' }
    text += raw.slice(at, at + next)
    at += next
    if (raw[at] === '"') return { text, rest: null }
    const letter = raw[at + 1]
    const code = letter === 'u' ? raw.slice(at + 2, at + 6) : ''
    if (letter === undefined || (letter === 'u' && code.length < 4)) return { text, rest: raw.slice(at) }
    const read = letter === 'u' ? codeUnit(code) : escapes[letter]
    // No JSON: nothing more is given, and the whole answer will not be read either.
    if (read === undefined) return { text, rest: null }
    text += read
    at += letter === 'u' ? 6 : 2
  }
}

function codeUnit(hex: string): string | undefined {
  return /^[0-9a-f]{4}$/i.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined
}
