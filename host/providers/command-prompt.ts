/** Writes the prompt that a provider's program reads. */
import { RippleError } from '../errors/ripple-error.ts'
import type { ChatMessage, InferenceInput } from '../types/inference.ts'
import type { ProviderRequest } from './port.ts'

/**
 * Returns the input of a program: the text, or a chat's only turn, unchanged; a longer chat gets a heading for each turn. A
 * program takes no parameters. Throws `RIPPLE_UPSTREAM_UNABLE` for options that would change an answer: tools, an answer
 * format, stop words, texts to embed. Pure.
 */
export function commandPrompt({ input, format, stop }: ProviderRequest, provider: string): string {
  const unable = (detail: string): RippleError =>
    new RippleError('RIPPLE_UPSTREAM_UNABLE', { provider, detail })
  if (input.type === 'embed') throw unable('a program embeds no texts')
  const detail = unheeded({ input, format, stop })
  if (detail !== null) throw unable(detail)
  if (input.type === 'text') return input.text
  const [only, ...more] = input.messages
  return only && more.length === 0 ? only.content : input.messages.map(turnOf).join('\n\n')
}

/** The parts of a request that a program may not support. */
interface Asked extends Pick<ProviderRequest, 'format'> {
  readonly input: Exclude<InferenceInput, { type: 'embed' }>
  readonly stop: readonly string[]
}

/** Returns the part of a question that a program does not support, so that it is not asked; null if it supports all. Pure. */
export function unheeded({ input, format, stop }: Asked): string | null {
  if (format.type !== 'text') return 'a program knows no form of an answer but text'
  if (stop.length > 0) return 'a program knows no words that end its answer'
  return input.type === 'chat' && input.tools.length > 0 ? 'a program calls no tools' : null
}

function turnOf({ role, content, tool_calls }: ChatMessage): string {
  const calls = tool_calls.map((call) => `${call.name}(${call.arguments})`)
  return [`## ${role}`, content, ...calls].filter((line) => line !== '').join('\n')
}
