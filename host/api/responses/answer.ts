/** Writes answers in the form of OpenAI's Responses API. */
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { createdOf, ignoredBy, rippleOf } from '../openai/answer-head.ts'
import { chatFrames, type Said, saidOf } from '../openai/chat-answer.ts'
import { openaiError } from '../openai/error.ts'
import { messageOf } from '../openai/message-of.ts'
import type { Frames } from '../openai/stream-answer.ts'
import type { ResponsesRequest } from './request.ts'

/** Returns the whole answer, and keeps it. Throws `RIPPLE_ANSWER_INVALID`. */
export function responseBody(
  asked: ResponsesRequest,
  answer: Answer,
  end: AnswerEnd,
  said: Said = saidOf(asked, answer, end),
): object {
  const isCut = said.finish_reason === 'length'
  const status = isCut ? 'incomplete' : 'completed'
  const text = said.content ? [messageItem(answer, said.content, status)] : []
  const body = {
    ...head(asked, answer, status),
    ...{ model: end.model, output: [...text, ...callItems(answer, said)], usage: usageOf(end) },
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
  const tool_calls = said.calls.map(({ id, function: called }) => ({ id, ...called }))
  asked.keep({ body }, messageOf('assistant', said.content ?? '', tool_calls))
  return body
}

/** Returns the same as events: text as it comes, then each call whole, and last the whole response. */
export function responseFrames(asked: ResponsesRequest, answer: Answer): Frames {
  const { read, whole } = chatFrames(asked, answer)
  let next = 0
  let text = ''
  const event = (type: string, rest: object) => ({ type, sequence_number: next++, ...rest })
  const place = { item_id: `msg_${answer.id}`, output_index: 0, content_index: 0 }
  const openText = () => {
    const item = { ...messageItem(answer, '', 'in_progress'), content: [] }
    return [
      event('response.output_item.added', { output_index: 0, item }),
      event('response.content_part.added', { ...place, part: textPart('') }),
    ]
  }
  const closeText = (status: string) => [
    event('response.output_text.done', { ...place, text, logprobs: [] }),
    event('response.content_part.done', { ...place, part: textPart(text) }),
    event('response.output_item.done', { output_index: 0, item: messageItem(answer, text, status) }),
  ]
  const response = head(asked, answer, 'in_progress')
  return {
    ...{ read, whole },
    begin: () => ['response.created', 'response.in_progress'].map((type) => event(type, { response })),
    text: (delta) => {
      const first = text === '' ? openText() : []
      text += delta
      return [...first, event('response.output_text.delta', { ...place, delta, logprobs: [] })]
    },
    end: (end) => {
      const said = saidOf(asked, answer, end)
      const status = said.finish_reason === 'length' ? 'incomplete' : 'completed'
      const first = text === '' ? 0 : 1
      return [
        ...(text === '' ? [] : closeText(status)),
        ...callItems(answer, said).flatMap((item, index) => callEvents(event, item, first + index)),
        event(`response.${status}`, { response: responseBody(asked, answer, end, said) }),
      ]
    },
    failed: (error) => {
      const { code, message } = openaiError(error, '/responses').body.error
      const failed = { ...response, status: 'failed', error: { code, message } }
      return [event('response.failed', { response: failed })]
    },
  }
}

type Events = (type: string, rest: object) => object

function callEvents(event: Events, item: ReturnType<typeof callItems>[number], output_index: number) {
  const at = { item_id: item.id, output_index }
  const begun = { ...item, arguments: '', status: 'in_progress' }
  return [
    event('response.output_item.added', { output_index, item: begun }),
    event('response.function_call_arguments.delta', { ...at, delta: item.arguments }),
    event('response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments }),
    event('response.output_item.done', { output_index, item }),
  ]
}

function textPart(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function messageItem({ id }: Answer, text: string, status: string) {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', status, content: [textPart(text)] }
}

function callItems({ id }: Answer, { calls }: Said) {
  return calls.map((call, index) => ({
    ...{ id: `fc${index}_${id}`, type: 'function_call', status: 'completed' },
    ...{ call_id: call.id, ...call.function },
  }))
}

/** Returns a response without its output. */
function head({ given, parallel }: ResponsesRequest, answer: Answer, status: string) {
  return {
    ...{ id: `resp_${answer.id}`, object: 'response', created_at: createdOf(answer), status },
    ...{ background: false, error: null, incomplete_details: null, output: [], usage: null },
    ...{ model: given.model, instructions: given.instructions ?? null },
    max_output_tokens: given.max_output_tokens ?? null,
    ...{ parallel_tool_calls: parallel, previous_response_id: given.previous_response_id ?? null },
    ...{ store: given.store !== false, temperature: given.temperature ?? 1, top_p: given.top_p ?? 1 },
    text: { format: given.text?.format ?? { type: 'text' } },
    ...{ tool_choice: given.tool_choice ?? 'auto', tools: given.tools ?? [] },
    ...{ reasoning: { effort: null, summary: null }, truncation: 'disabled', metadata: {} },
  }
}

function usageOf({ usage }: AnswerEnd) {
  if (usage === null) return null
  const { tokens_in, tokens_out } = usage
  return {
    ...{ input_tokens: tokens_in, input_tokens_details: { cached_tokens: 0 } },
    ...{ output_tokens: tokens_out, output_tokens_details: { reasoning_tokens: 0 } },
    total_tokens: tokens_in + tokens_out,
  }
}
