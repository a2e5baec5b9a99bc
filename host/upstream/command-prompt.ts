import { RippleError } from '../errors/ripple-error.ts'
import type { ChatMessage } from '../types/inference.ts'
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
  if (format.type !== 'text') throw unable('a program knows no form of an answer but text')
  if (stop.length > 0) throw unable('a program knows no words that end its answer')
  if (input.type === 'text') return input.text
  if (input.tools.length > 0) throw unable('a program calls no tools')
  const [only, ...more] = input.messages
  return only && more.length === 0 ? only.content : input.messages.map(turnOf).join('\n\n')
}

function turnOf({ role, content, tool_calls }: ChatMessage): string {
  const calls = tool_calls.map((call) => `${call.name}(${call.arguments})`)
  return [`## ${role}`, content, ...calls].filter((line) => line !== '').join('\n')
}
