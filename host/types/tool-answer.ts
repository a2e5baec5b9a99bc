/** Reads answers of chats with tools. */
import { z } from 'zod'
import type { InferenceInput, InferencePayload, Tool } from './inference.ts'
import { type Json, json, parseJson } from './json.ts'

/** The answer of a chat with tools: text, calls of functions, or both. */
export interface ToolAnswer {
  readonly content: string | null
  readonly calls: readonly { readonly name: string; readonly arguments: string }[]
}

/**
 * Returns the tools that an answer may call; none with the choice `none`, which makes it text. If there are any, the answer is
 * one JSON document, as `readToolAnswer` reads it. Engine and API decide by this alone. Pure.
 */
export function callableTools(input: InferenceInput): readonly Tool[] {
  if (input.type !== 'chat' || input.tool_choice === 'none') return []
  const { tools, tool_choice: choice } = input
  return typeof choice === 'object' ? tools.filter(({ name }) => name === choice.name) : tools
}

/** Whether an answer is plain text that another machine can continue: no JSON, tool calls, vectors or scores. Pure. */
export function isPlainText({
  input,
  format,
  logprobs,
}: Pick<InferencePayload, 'input' | 'format' | 'logprobs'>): boolean {
  const isText = format.type === 'text' && input.type !== 'embed' && logprobs === undefined
  return isText && callableTools(input).length === 0
}

/** The form that the engine's grammar gives such an answer. */
const form = z.object({
  content: json.nullish(),
  tool_calls: z.array(z.object({ name: z.string(), arguments: json })).nullish(),
})

/**
 * Reads the whole answer of a chat with tools: `{"tool_calls": [{"name", "arguments"}]}` or `{"content": ...}`. An answer
 * that does not begin like JSON is text. An answer that was cut off yields its text so far, and no partial call. Null if it has
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

/** Returns text as it is, and other JSON as its text. */
function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The beginning of an answer in text, and the possible beginnings of any answer. */
const contentHead = /^\s*\{\s*"content"\s*:\s*"/
const headStart = /^\s*(\{\s*("([a-z_]*("\s*(:\s*)?)?)?)?)?$/
/** The most that may precede the text, in UTF-16 units. More than that is not an answer. */
const HEAD_CHARS_MAX = 256
/** JSON's one-letter escapes. */
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
 * Makes a reader for the pieces of such an answer. It returns the text that each piece adds, as soon as that can be read.
 * Calls add nothing: they are read when they are whole.
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

/** Reads a JSON string as far as it has arrived. `rest` is a partial escape, or null if the string has ended. */
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
    // Not JSON: no more text follows, and the whole answer will not be read either.
    if (read === undefined) return { text, rest: null }
    text += read
    at += letter === 'u' ? 6 : 2
  }
}

function codeUnit(hex: string): string | undefined {
  return /^[0-9a-f]{4}$/i.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined
}
