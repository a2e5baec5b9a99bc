import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../../../host/api/openai/chat-answer.ts'
import { pageLimits } from '../../../../../host/limits/page.ts'
import {
  apply,
  asked,
  type Exchange,
  type ExchangeInput,
  speed,
} from '../../../../../host/ui/views/ask/exchange.ts'

const piece = (part: Partial<ChatEvent>): ExchangeInput => ({
  type: 'piece',
  event: { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'tiny', choices: [], ...part },
})
const choice = (content: string, finish_reason: string | null = null): ExchangeInput =>
  piece({ choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason }] })
const text = (content: string): ExchangeInput => choice(content)
const step = (word: string, key = 'task'): ExchangeInput => ({
  type: 'step',
  event: { type: 'task_state', id: 'r-1', at: 1, task_key: key, task: 'uhCkk', state: word, peer: null },
})
const origin: Required<ChatEvent>['ripple'] = {
  id: 'task',
  trace_id: 'trace',
  task: 'uhCkk',
  receipt: null,
  receipts: [],
  route: 'mesh',
  peer: 'uhCAkb',
  why: 'it is idle',
  ignored: [],
}
const trouble = { code: 'RIPPLE_BUSY', message: 'busy', hint: null }

/** Returns the state of a question that was asked at 0, after one happening each 100 ms. */
function after(...happenings: readonly ExchangeInput[]): Exchange {
  return happenings.reduce((now, one, index) => apply(now, one, 100 * (index + 1)), asked('tiny', 0))
}

test('an answer grows by its pieces, and its first token is the first text', () => {
  const begun = text('')
  const now = after(begun, text('2, '), text('3'))
  expect(now).toMatchObject({ phase: 'answering', text: '2, 3', first_at: 200, last_at: 300 })
  expect(after(begun)).toMatchObject({ phase: 'asking', first_at: null })
})

test('the last pieces say how an answer ended, and later ones erase nothing', () => {
  const now = after(
    { type: 'named', id: 'task' },
    text('2'),
    choice('', 'stop'),
    piece({ usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 }, ripple: origin }),
    piece({ usage: null }),
    { type: 'ended' },
  )
  expect(now).toMatchObject({
    phase: 'done',
    id: 'task',
    finish: 'stop',
    tokens: { in: 5, out: 6 },
    origin,
  })
})

test.each([
  ['ended', { type: 'ended' }, 'done'],
  ['stopped', { type: 'stopped' }, 'stopped'],
  ['failed', { type: 'failed', trouble }, 'failed'],
] as const)('a later event changes only the steps of an answer that has %s', (_name, end, phase) => {
  const now = after(
    { type: 'named', id: 'task' },
    text('2'),
    end,
    text(', 3'),
    { type: 'stopped' },
    step('accepted'),
  )
  expect(now).toMatchObject({ phase, text: '2', steps: [{ text: 'accepted' }] })
})

test("an answer shows a bounded number of its own task's steps, without tokens", () => {
  const named = { type: 'named', id: 'task' } as const
  const tokens = {
    type: 'step',
    event: { type: 'task_text', id: 'r-1', at: 1, task_key: 'task', text: 'x' },
  } as const
  expect(after(named, step('posted', 'other'), tokens, step('posted')).steps).toHaveLength(1)
  const many = Array.from({ length: 100 }, () => step('granted'))
  expect(after(named, ...many).steps).toHaveLength(pageLimits.page_steps_max)
})

test('an endless answer is cut', () => {
  const half = 'x'.repeat(pageLimits.page_answer_chars_max / 2 + 1)
  expect(after(text(half), text(half)).text).toHaveLength(pageLimits.page_answer_chars_max)
})

test('the speed counts from the first token and is unknown if all text came at once', () => {
  const usage = piece({ usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 } })
  expect(speed(after(text('2'), text(', 3'), usage))).toEqual({ first_ms: 100, per_second: 50 })
  expect(speed(after(text('2'), usage))).toEqual({ first_ms: 100, per_second: null })
  expect(speed(after(text('2'), text(', 3')))).toEqual({ first_ms: 100, per_second: null })
  expect(speed(after(usage))).toEqual({ first_ms: null, per_second: null })
})
