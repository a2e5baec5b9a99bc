import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { ToolCall } from '../types/inference.ts'
import type { AnswerText } from './answer-text.ts'
import type { UpstreamAnswer } from './port.ts'

/** Null for more than any model counts: it is no reason to lose an answer, and none to believe. */
const tokens = z
  .number()
  .nonnegative()
  .transform((given) => (given > limits.upstream_usage_tokens_max ? null : Math.ceil(given)))
const text = z.string().nullish()

/** A call of a function, whole or a piece of one. */
const callPiece = z.object({
  index: z
    .number()
    .int()
    .min(0)
    .max(limits.chat_tools_max - 1)
    .optional(),
  id: text,
  function: z.object({ name: text, arguments: text }).nullish(),
})
/** What a model thinks aloud: there are two names for it, neither of which is OpenAI's own. It is counted and no more. */
const thought = text.catch(null)
const said = z.object({
  content: text,
  reasoning_content: thought,
  reasoning: thought,
  tool_calls: z.array(callPiece).max(limits.chat_tools_max).nullish(),
})

/** A chunk of a stream, or a whole answer of a server that does not stream; what else they hold is left alone. */
const chunkSchema = z.object({
  choices: z
    .array(z.object({ delta: said.nullish(), message: said.nullish(), text, finish_reason: text }))
    .nullish(),
  usage: z.object({ prompt_tokens: tokens, completion_tokens: tokens }).nullish(),
  error: z.union([z.string(), z.looseObject({ message: text })]).nullish(),
})

/** An answer in OpenAI's words, put together from its chunks. */
export class OpenAiAnswer {
  readonly #provider: string
  readonly #text: AnswerText
  readonly #calls: { id: string; name: string; arguments: string }[] = []
  #bytesBeside = 0
  #finish: string | null = null
  #usage: UpstreamAnswer['usage'] = null
  #done = false

  constructor(provider: string, text: AnswerText) {
    this.#provider = provider
    this.#text = text
  }

  /** Whether the server has said that there is no more. */
  get done(): boolean {
    return this.#done
  }

  /** Takes the data of one event. Throws `RIPPLE_UPSTREAM_FAILED` for what makes no sense, and for the server's own error. */
  take(data: string): void {
    if (data.trim() === '[DONE]') {
      this.#done = true
      return
    }
    const chunk = parseChunk(data)
    if (chunk === null) throw this.#failed('what it sent is no answer')
    if (chunk.error) {
      const message = typeof chunk.error === 'string' ? chunk.error : chunk.error.message
      throw this.#failed(message ?? 'it ended with an error')
    }
    if (chunk.usage) {
      const { prompt_tokens: tokens_in, completion_tokens: tokens_out } = chunk.usage
      this.#usage = tokens_in === null || tokens_out === null ? null : { tokens_in, tokens_out }
    }
    const [choice] = chunk.choices ?? []
    if (!choice) return
    const part = choice.delta ?? choice.message
    this.#text.push(part?.content ?? choice.text ?? '')
    this.#bytesBeside += Buffer.byteLength(part?.reasoning_content ?? part?.reasoning ?? '')
    for (const [place, call] of (part?.tool_calls ?? []).entries()) this.#call(call.index ?? place, call)
    this.#finish = choice.finish_reason ?? this.#finish
  }

  /** The whole answer. Throws `RIPPLE_UPSTREAM_FAILED` where it was cut off, or the provider's own filter ended it. */
  end(): UpstreamAnswer {
    if (this.#finish === null && !this.#done) throw this.#failed('its answer was cut off')
    if (this.#finish === 'content_filter') throw this.#failed('its own filter ended the answer')
    return {
      text: this.#text.end(),
      finish: this.#finish === 'length' ? 'length' : 'stop',
      tool_calls: this.#wholeCalls(),
      bytes_beside: this.#bytesBeside,
      usage: this.#usage,
    }
  }

  #call(index: number, { id, function: of }: z.output<typeof callPiece>): void {
    const call = this.#calls[index] ?? { id: '', name: '', arguments: '' }
    call.id ||= id ?? ''
    call.name += of?.name ?? ''
    call.arguments += of?.arguments ?? ''
    const written = `${id ?? ''}${of?.name ?? ''}${of?.arguments ?? ''}`
    this.#text.count(written)
    this.#bytesBeside += Buffer.byteLength(written)
    this.#calls[index] = call
  }

  /** Calls without a gap, each with a name: another one cannot be answered. */
  #wholeCalls(): ToolCall[] {
    return Array.from(this.#calls, (call, index) => {
      if (!call || call.name === '') throw this.#failed('it calls a function without a name')
      const well = { name: call.name.toWellFormed(), arguments: call.arguments.toWellFormed() }
      return { id: call.id.toWellFormed() || `call_${index}`, ...well }
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
