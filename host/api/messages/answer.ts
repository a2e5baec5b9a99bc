/** Writes answers in the form of Anthropic's Messages API. */
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { parseJson } from '../../types/json.ts'
import { ignoredBy, rippleOf } from '../openai/answer-head.ts'
import { chatFrames, type Said, saidOf } from '../openai/chat-answer.ts'
import type { Frames } from '../openai/stream-answer.ts'
import type { MessagesRequest } from './request.ts'

/** The reason for the end of an answer. A Result does not say which stop sequence ended it, so that counts as the end of a turn. */
const reasons = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const

/** Returns the whole answer. Throws `RIPPLE_ANSWER_INVALID`. */
export function messageBody(asked: MessagesRequest, answer: Answer, end: AnswerEnd): object {
  const said = saidOf(asked, answer, end)
  const text = said.content ? [{ type: 'text', text: said.content }] : []
  return {
    ...head(answer, end.model),
    content: [...text, ...usesOf(said).map(({ json, ...use }) => ({ ...use, input: parseJson(json) ?? {} }))],
    stop_reason: reasons[said.finish_reason],
    usage: usageOf(end),
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
}

/** Returns the same as events: text as it comes, in a block of its own, then each call whole. */
export function messageFrames(asked: MessagesRequest, answer: Answer): Frames {
  const { read, whole } = chatFrames(asked, answer)
  let isOpen = false
  const openText = () => {
    if (isOpen) return []
    isOpen = true
    return [{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }]
  }
  return {
    ...{ read, whole },
    begin: () => [{ type: 'message_start', message: head(answer, asked.ask.model) }],
    text: (text) => [
      ...openText(),
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    ],
    end: (end) => {
      const said = saidOf(asked, answer, end)
      const first = isOpen ? 1 : 0
      return [
        ...(isOpen ? [{ type: 'content_block_stop', index: 0 }] : []),
        ...usesOf(said).flatMap((use, index) => useEvents(use, first + index)),
        {
          type: 'message_delta',
          delta: { stop_reason: reasons[said.finish_reason], stop_sequence: null },
          usage: usageOf(end),
        },
        { type: 'message_stop', ripple: rippleOf(answer, end, ignoredBy(asked, end)) },
      ]
    },
  }
}

/** A call, with its arguments as JSON text. */
interface Use {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  readonly json: string
}

function usesOf({ calls }: Said): Use[] {
  return calls.map(({ id, function: called }) => ({
    type: 'tool_use',
    id: id.replace(/^call_/, 'toolu_'),
    name: called.name,
    json: called.arguments,
  }))
}

function useEvents({ json, ...use }: Use, index: number): object[] {
  return [
    { type: 'content_block_start', index, content_block: { ...use, input: {} } },
    { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: json } },
    { type: 'content_block_stop', index },
  ]
}

function head({ id }: Answer, model: string) {
  return {
    ...{ id: `msg_${id}`, type: 'message', role: 'assistant', model, content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: usageOf({ usage: null }) },
  }
}

/** Returns Anthropic's count of tokens. It is 0 until it is known, and where a provider did not count. */
function usageOf({ usage }: Pick<AnswerEnd, 'usage'>) {
  return {
    input_tokens: usage?.tokens_in ?? 0,
    ...{ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    output_tokens: usage?.tokens_out ?? 0,
  }
}
