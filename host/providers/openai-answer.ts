/** Reads a provider's answer in OpenAI's format. The text counts whatever else is odd, because the answer is paid for. */
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { ToolCall } from '../types/inference.ts'
import type { AnswerText } from './answer-text.ts'
import type { ProviderAnswer } from './port.ts'

/** A token count, which some servers send as text; null if it is missing or larger than any model's count. */
const tokens = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().nonnegative().max(limits.upstream_usage_tokens_max).transform(Math.ceil))
  .nullable()
  .catch(null)
const text = z.string().catch('')

/** The text of one part of a content; parts of other kinds, such as thoughts, have none. */
const partText = z
  .union([
    z.string(),
    z
      .object({ type: z.enum(['text', 'output_text']).optional(), text: z.string() })
      .transform((part) => part.text),
  ])
  .catch('')
const content = z.union([z.string(), z.array(partText).transform((parts) => parts.join(''))]).catch('')

/** Arguments as JSON text. Some servers send the object itself, and an empty one before the pieces of the text. */
const callArguments = z
  .unknown()
  .optional()
  .transform((given) => {
    if (typeof given === 'string') return given
    return typeof given === 'object' && given !== null && Object.keys(given).length > 0
      ? JSON.stringify(given)
      : ''
  })
const called = z.object({ name: text, arguments: callArguments })

/** A function call, whole or a piece of one. */
const callPiece = z.object({
  index: z.union([z.number(), z.string()]).transform(String).nullable().catch(null),
  id: text,
  function: called.nullable().catch(null),
})
/** A model's message. Its thoughts come under two names outside of OpenAI's API, and are only counted. */
const said = z.object({
  content,
  refusal: text,
  reasoning_content: text,
  reasoning: text,
  tool_calls: z.array(callPiece).catch([]),
  /** The older form of a single call. */
  function_call: called.nullable().catch(null),
})
const choice = z
  .object({
    delta: said.nullable().catch(null),
    message: said.nullable().catch(null),
    text,
    finish_reason: z.string().nullable().catch(null),
  })
  .nullable()
  .catch(null)

/** The server's own error; empty without one. */
const error = z
  .union([z.string(), z.looseObject({ message: text })])
  .transform((given) => {
    if (typeof given === 'string') return given
    return given.message || (Object.values(given).some(Boolean) ? 'it ended with an error' : '')
  })
  .catch('')

/** A chunk of a stream, or the whole answer of a server that does not stream. Other fields are ignored. */
const chunkSchema = z.object({
  choices: z.array(choice).nullish(),
  usage: z.object({ prompt_tokens: tokens, completion_tokens: tokens }).nullable().catch(null),
  error,
})
type Called = z.output<typeof called>

/** The finish reasons of other servers for an answer at its token limit. */
const cutReasons: readonly string[] = ['length', 'max_tokens', 'model_length']

/** Builds an answer in OpenAI's format from its chunks. */
export class OpenAiAnswer {
  readonly #provider: string
  readonly #text: AnswerText
  /** By their index, or by their place without one. */
  readonly #calls = new Map<string, { id: string; name: string; arguments: string }>()
  #bytesBeside = 0
  #hasChoice = false
  #finish: string | null = null
  #tokensIn: number | null = null
  #tokensOut: number | null = null
  #done = false

  constructor(provider: string, text: AnswerText) {
    this.#provider = provider
    this.#text = text
  }

  /** Whether the server has said that the answer is complete. */
  get done(): boolean {
    return this.#done
  }

  /** Takes the data of one event. Throws `RIPPLE_UPSTREAM_FAILED` for invalid data and for the server's own error. */
  take(data: string): void {
    const trimmed = data.trim()
    if (trimmed === '') return
    if (trimmed === '[DONE]') {
      this.#done = true
      return
    }
    const chunk = parseChunk(data)
    if (chunk === null) throw this.#failed('its reply is not an answer')
    if (chunk.error) throw this.#failed(chunk.error)
    const { usage, choices } = chunk
    // Some servers count tokens read in the first chunk, and tokens generated in the last.
    this.#tokensIn = usage?.prompt_tokens ?? this.#tokensIn
    this.#tokensOut = usage?.completion_tokens ?? this.#tokensOut
    const [first] = choices ?? []
    if (!first) return
    this.#hasChoice = true
    const part = first.delta ?? first.message
    this.#text.push(part?.content || part?.refusal || first.text)
    if (part) this.#beside(part)
    this.#finish = first.finish_reason ?? this.#finish
  }

  /** Takes the one document of a server that does not stream. Throws as `take` does. */
  takeWhole(data: string): void {
    this.take(data)
    if (!this.#hasChoice) throw this.#failed('its reply is not an answer')
    this.#done = true
  }

  /** Returns the whole answer. Throws `RIPPLE_UPSTREAM_FAILED` if it was cut off, or the provider's own filter ended it. */
  end(): ProviderAnswer {
    if (this.#finish === null && !this.#done) throw this.#failed('its answer was cut off')
    if (this.#finish === 'content_filter') throw this.#failed('its own filter ended the answer')
    const [tokens_in, tokens_out] = [this.#tokensIn, this.#tokensOut]
    return {
      text: this.#text.end(),
      finish: cutReasons.includes(this.#finish?.toLowerCase() ?? '') ? 'length' : 'stop',
      tool_calls: this.#wholeCalls(),
      bytes_beside: this.#bytesBeside,
      usage: tokens_in === null || tokens_out === null ? null : { tokens_in, tokens_out },
    }
  }

  /** Takes the parts of a message that are not text. */
  #beside({ reasoning_content, reasoning, tool_calls, function_call }: z.output<typeof said>): void {
    this.#bytesBeside += Buffer.byteLength(reasoning_content || reasoning)
    for (const call of tool_calls) this.#call(call.index ?? this.#placeOf(call), call.id, call.function)
    if (function_call) this.#call('0', '', function_call)
  }

  /**
   * Returns the place of the call to which a piece without an index belongs. This is the call with its id, or else the last
   * one, unless the piece names a function.
   */
  #placeOf({ id, function: of }: z.output<typeof callPiece>): string {
    const places = [...this.#calls.keys()]
    const next = String(places.length)
    if (id !== '') return places.find((place) => this.#calls.get(place)?.id === id) ?? next
    return of?.name ? next : (places.at(-1) ?? next)
  }

  #call(place: string, id: string, of: Called | null): void {
    const call = this.#calls.get(place) ?? { id: '', name: '', arguments: '' }
    call.id ||= id
    // Some servers repeat the whole name with each piece.
    if (of && of.name !== call.name) call.name += of.name
    call.arguments += of?.arguments ?? ''
    const written = `${id}${of?.name ?? ''}${of?.arguments ?? ''}`
    this.#text.count(written)
    this.#bytesBeside += Buffer.byteLength(written)
    this.#calls.set(place, call)
    if (this.#calls.size > limits.chat_tools_max)
      throw this.#failed(`it calls more than ${limits.chat_tools_max} functions`)
  }

  /** Returns the calls in order, each with a name: a call without one cannot be answered. It drops empty calls. */
  #wholeCalls(): ToolCall[] {
    const calls = [...this.#calls.values()].filter((call) => call.id || call.name || call.arguments)
    return calls.map((call, index) => {
      if (call.name === '') throw this.#failed('it calls a function without a name')
      const id = call.id.toWellFormed() || `call_${index}`
      return { id, name: call.name.toWellFormed(), arguments: call.arguments.toWellFormed() || '{}' }
    })
  }

  #failed(detail: string): RippleError {
    return new RippleError('RIPPLE_UPSTREAM_FAILED', { provider: this.#provider, detail })
  }
}

function parseChunk(data: string): z.output<typeof chunkSchema> | null {
  try {
    return chunkSchema.safeParse(JSON.parse(data)).data ?? null
  } catch {
    return null
  }
}
