import { RippleError } from '../errors/ripple-error.ts'
import type { ChatMessage, InferenceInput } from '../types/inference.ts'
import type { UpstreamRequest } from './port.ts'

/**
 * What a program reads: the text, or the only turn of a chat, as it is; a longer chat with a heading for each turn. A program
 * takes no parameters. Throws `RIPPLE_UPSTREAM_UNABLE` for what it could not heed and an answer would depend on: tools, a form
 * of the answer, words that end it, texts to embed. Pure.
 */
export function commandPrompt({ input, format, stop }: UpstreamRequest, provider: string): string {
  const unable = (detail: string): RippleError =>
    new RippleError('RIPPLE_UPSTREAM_UNABLE', { provider, detail })
  if (input.type === 'embed') throw unable('a program embeds no texts')
  const detail = unheeded({ input, format, stop })
  if (detail !== null) throw unable(detail)
  if (input.type === 'text') return input.text
  const [only, ...more] = input.messages
  return only && more.length === 0 ? only.content : input.messages.map(turnOf).join('\n\n')
}

/** What of a request says whether a program can heed it. */
interface Asked extends Pick<UpstreamRequest, 'format'> {
  readonly input: Exclude<InferenceInput, { type: 'embed' }>
  readonly stop: readonly string[]
}

/** What of a question a program could not heed, so that it need not be asked at all; null where it heeds all of it. Pure. */
export function unheeded({ input, format, stop }: Asked): string | null {
  if (format.type !== 'text') return 'a program knows no form of an answer but text'
  if (stop.length > 0) return 'a program knows no words that end its answer'
  return input.type === 'chat' && input.tools.length > 0 ? 'a program calls no tools' : null
}

function turnOf({ role, content, tool_calls }: ChatMessage): string {
  const calls = tool_calls.map((call) => `${call.name}(${call.arguments})`)
  return [`## ${role}`, content, ...calls].filter((line) => line !== '').join('\n')
}
