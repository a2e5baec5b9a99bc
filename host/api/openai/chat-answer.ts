/** Writes answers to chats in OpenAI's format. */
import { createHash } from 'node:crypto'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { StopWords } from '../../types/text/stop-words.ts'
import { contentReader, readToolAnswer } from '../../types/tool-answer.ts'
import { createdOf, fingerprintOf, ignoredBy, rippleOf, type StreamEvent, usageOf } from './answer-head.ts'
import type { ChatRequest } from './chat-request.ts'
import { type JoinedEnd, partsOf, readPart } from './joined-answer.ts'
import { chatLogprobs, scoredOf } from './logprobs.ts'
import type { Frames } from './stream-answer.ts'

interface Call {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** The text of a model, and its calls. */
export interface Said {
  readonly content: string | null
  readonly calls: readonly Call[]
  readonly finish_reason: 'stop' | 'length' | 'tool_calls'
  readonly logprobs: ReturnType<typeof chatLogprobs> | null
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
  readonly logprobs: ReturnType<typeof chatLogprobs> | null
  readonly finish_reason: string | null
}>

/** Returns the whole answer to a chat. Throws `RIPPLE_ANSWER_INVALID`. */
export function chatBody(asked: ChatRequest, answer: Answer, end: JoinedEnd): object {
  const choices = partsOf(end).map((part, index) => {
    const { content, calls, finish_reason, logprobs } = saidOf(asked, answer, part, index)
    const given = calls.length > 0 ? { tool_calls: calls } : {}
    return {
      index,
      message: { role: 'assistant', content, refusal: null, ...given },
      logprobs,
      finish_reason,
    }
  })
  return {
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion',
    created: createdOf(answer),
    model: end.model,
    choices,
    usage: usageOf(end),
    system_fingerprint: fingerprintOf(end),
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
}

/** Returns the same as chunks: the roles first, then text as it comes, then whole calls. Scored text comes with its scores. */
export function chatFrames(asked: ChatRequest, answer: Answer): Frames {
  const usage = asked.usage ? { usage: null } : {}
  const isScored = asked.ask.logprobs !== undefined
  const count = 1 + (asked.more?.length ?? 0)
  const chunk = (choices: ChatEvent['choices'], rest: Partial<ChatEvent> = {}): ChatEvent => ({
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion.chunk',
    created: createdOf(answer),
    model: asked.ask.model,
    choices,
    ...usage,
    ...rest,
  })
  const delta = (index: number, change: Delta, rest: Partial<ChatEvent['choices'][number]> = {}) =>
    chunk([{ index, delta: change, logprobs: null, finish_reason: null, ...rest }])
  const endOf = (part: AnswerEnd, index: number): ChatEvent[] => {
    const { content, calls, finish_reason, logprobs } = saidOf(asked, answer, part, index)
    return [
      ...(isScored ? [delta(index, { content: content ?? '' }, { logprobs })] : []),
      ...calls.flatMap((call, at) => callDeltas(call, at).map((change) => delta(index, change))),
      delta(index, {}, { finish_reason }),
    ]
  }
  return {
    read: isScored ? () => '' : readerOf(asked, answer),
    begin: () =>
      Array.from({ length: count }, (_, index) =>
        delta(index, { role: 'assistant', content: '', refusal: null }),
      ),
    text: (content) => [delta(readPart(answer), { content })],
    whole: (end: JoinedEnd) =>
      isScored
        ? ''
        : partsOf(end)
            .map((part, at) => saidOf(asked, answer, part, at).content ?? '')
            .join(''),
    end: (end: JoinedEnd) => {
      const made = { model: end.model, system_fingerprint: fingerprintOf(end) }
      const last = { ...made, ripple: rippleOf(answer, end, ignoredBy(asked, end)) }
      const events = partsOf(end).flatMap(endOf)
      const before = events.slice(0, -1)
      const final = events.slice(-1)
      return asked.usage
        ? [
            ...before,
            ...final.map((one) => ({ ...one, ...made })),
            chunk([], { ...last, usage: usageOf(end) }),
          ]
        : [...before, ...final.map((one) => ({ ...one, ...last }))]
    },
  }
}

/** Returns a reader of the readable text of each piece; with tools each answer has a reader of its own. */
function readerOf({ tools, ask }: ChatRequest, answer: Answer): Frames['read'] {
  if (tools.length === 0) return (piece) => piece
  const readers = new Map<number, Frames['read']>()
  return (piece) => {
    const part = readPart(answer)
    const reader = readers.get(part) ?? stoppedReader(ask.stop)
    readers.set(part, reader)
    return reader(piece)
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

/** Reads the answer to a chat; `part` is the number of its choice. Throws `RIPPLE_ANSWER_INVALID`. */
export function saidOf(
  { ask, tools, parallel }: ChatRequest,
  { id }: Answer,
  end: AnswerEnd,
  part = 0,
): Said {
  if (tools.length === 0) {
    const { text, scores } = scoredOf(ask, end)
    const logprobs = scores && chatLogprobs(scores)
    return { content: text, calls: [], finish_reason: end.finish, logprobs }
  }
  const said = readToolAnswer(end.text, end.finish)
  if (said === null) throw invalid(end, 'neither text nor calls of tools')
  const stranger = said.calls.find((call) => !tools.includes(call.name))
  if (stranger) throw invalid(end, 'it calls a tool that it was not offered')
  // An engine does not apply stop words here, because one within a document would break the document. Calls would follow it.
  const stopped = stoppedAt(said.content ?? '', ask.stop)
  if (stopped !== null) return { content: stopped, calls: [], finish_reason: 'stop', logprobs: null }
  const calls = (parallel ? said.calls : said.calls.slice(0, 1)).map((call, index) => ({
    id: callId(part === 0 ? id : `${id}/${part}`, index),
    type: 'function' as const,
    function: call,
  }))
  const isCall = calls.length > 0 && end.finish === 'stop'
  return { content: said.content, calls, finish_reason: isCall ? 'tool_calls' : end.finish, logprobs: null }
}

/** Returns the same id for the same answer, so a repeated request with the same key gets the same ids. */
function callId(answer: string, index: number): string {
  return `call_${createHash('sha256').update(`${answer}/${index}`).digest('hex').slice(0, 24)}`
}

function invalid({ model }: AnswerEnd, detail: string): RippleError {
  return new RippleError('RIPPLE_ANSWER_INVALID', { model, detail })
}
