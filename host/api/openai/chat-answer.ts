/** Writes answers to chats in OpenAI's format. */
import { createHash } from 'node:crypto'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { StopWords } from '../../types/text/stop-words.ts'
import { contentReader, readToolAnswer } from '../../types/tool-answer.ts'
import { createdOf, fingerprintOf, ignoredBy, rippleOf, type StreamEvent, usageOf } from './answer-head.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Frames } from './stream-answer.ts'

interface Call {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** What a model said, with its calls. */
export interface Said {
  readonly content: string | null
  readonly calls: readonly Call[]
  readonly finish_reason: 'stop' | 'length' | 'tool_calls'
}

/** A part of an answer that is added to the parts before. */
interface Delta {
  readonly role?: 'assistant'
  readonly content?: string
  readonly refusal?: null
  readonly tool_calls?: readonly object[]
}

/** An event of a streamed answer to a chat. */
export type ChatEvent = StreamEvent<{
  readonly index: number
  readonly delta: Delta
  readonly logprobs: null
  readonly finish_reason: string | null
}>

/** Returns the whole answer to a chat. Throws `RIPPLE_ANSWER_INVALID`. */
export function chatBody(asked: ChatRequest, answer: Answer, end: AnswerEnd): object {
  const { content, calls, finish_reason } = saidOf(asked, answer, end)
  const message = {
    role: 'assistant',
    content,
    refusal: null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  return {
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion',
    created: createdOf(answer),
    model: end.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: usageOf(end),
    system_fingerprint: fingerprintOf(end),
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
}

/** Returns the same as chunks: the role first, then text as it comes, then whole calls. */
export function chatFrames(asked: ChatRequest, answer: Answer): Frames {
  const read = asked.tools.length > 0 ? stoppedReader(asked.ask.stop) : (piece: string): string => piece
  const usage = asked.usage ? { usage: null } : {}
  const chunk = (choices: ChatEvent['choices'], rest: Partial<ChatEvent> = {}): ChatEvent => ({
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion.chunk',
    created: createdOf(answer),
    model: asked.ask.model,
    choices,
    ...usage,
    ...rest,
  })
  const delta = (change: Delta, finish_reason: string | null = null, rest: Partial<ChatEvent> = {}) =>
    chunk([{ index: 0, delta: change, logprobs: null, finish_reason }], rest)
  return {
    read,
    begin: () => [delta({ role: 'assistant', content: '', refusal: null })],
    text: (content) => [delta({ content })],
    whole: (end) => saidOf(asked, answer, end).content ?? '',
    end: (end) => {
      const { calls, finish_reason } = saidOf(asked, answer, end)
      const made = { model: end.model, system_fingerprint: fingerprintOf(end) }
      const last = { ...made, ripple: rippleOf(answer, end, ignoredBy(asked, end)) }
      const told = calls.flatMap((call, index) => callDeltas(call, index).map((change) => delta(change)))
      return asked.usage
        ? [...told, delta({}, finish_reason, made), chunk([], { ...last, usage: usageOf(end) })]
        : [...told, delta({}, finish_reason, last)]
    },
  }
}

/** Returns a call as OpenAI sends it: the function first, then its arguments. */
function callDeltas(call: Call, index: number): Delta[] {
  const { name, arguments: args } = call.function
  return [
    { tool_calls: [{ index, id: call.id, type: call.type, function: { name, arguments: '' } }] },
    { tool_calls: [{ index, function: { arguments: args } }] },
  ]
}

/** Reads the text of an answer with tools up to the first stop word. */
function stoppedReader(words: readonly string[]): (piece: string) => string {
  const content = contentReader()
  const stop = new StopWords(words, '')
  return (piece) => stop.push(content(piece))
}

/** Returns the text up to the first stop word; null without one. */
function stoppedAt(content: string, words: readonly string[]): string | null {
  const stop = new StopWords(words, '')
  const text = stop.push(content)
  return stop.found ? text : null
}

/** Reads the answer to a chat. Throws `RIPPLE_ANSWER_INVALID`. */
export function saidOf({ ask, tools, parallel }: ChatRequest, { id }: Answer, end: AnswerEnd): Said {
  if (tools.length === 0) return { content: end.text, calls: [], finish_reason: end.finish }
  const said = readToolAnswer(end.text, end.finish)
  if (said === null) throw invalid(end, 'neither text nor calls of tools')
  const stranger = said.calls.find((call) => !tools.includes(call.name))
  if (stranger) throw invalid(end, 'it calls a tool that it was not offered')
  // An engine does not apply stop words here, because one within a document would break the document. Calls would follow it.
  const stopped = stoppedAt(said.content ?? '', ask.stop)
  if (stopped !== null) return { content: stopped, calls: [], finish_reason: 'stop' }
  const calls = (parallel ? said.calls : said.calls.slice(0, 1)).map((call, index) => ({
    id: callId(id, index),
    type: 'function' as const,
    function: call,
  }))
  const isCall = calls.length > 0 && end.finish === 'stop'
  return { content: said.content, calls, finish_reason: isCall ? 'tool_calls' : end.finish }
}

/** Returns the same id for the same answer, so a repeated request with the same key gets the same ids. */
function callId(answer: string, index: number): string {
  return `call_${createHash('sha256').update(`${answer}/${index}`).digest('hex').slice(0, 24)}`
}

function invalid({ model }: AnswerEnd, detail: string): RippleError {
  return new RippleError('RIPPLE_ANSWER_INVALID', { model, detail })
}
