import { describe, expect, it } from 'vitest'
import { askPresenter } from '../../../../host/cli/present/ask.ts'
import { owner } from '../../../../host/types/principal.ts'
import { StandInInference } from '../../api/openai-stand-in.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const never = new AbortController().signal

describe('inference.single_query', () => {
  it('a single query gives the whole answer and its receipt', async () => {
    const inference = new StandInInference()
    const answer = await call('inference.single_query', stubContext({ inference }), { prompt: 'Why?' }, never)
    expect(answer).toEqual({
      response: 'Hello world',
      model: 'SmolLM2-135M-Instruct',
      finish: 'stop',
      usage: { tokens_in: 7, tokens_out: 2 },
      route: 'mesh',
      peer: 'uhCAkone',
      task: 'uhCkktask',
      receipt: '/receipts/uhCkktask.receipt',
      receipts: ['/receipts/uhCkktask.receipt'],
      why: 'nas has the model loaded',
      trace_id: 'trace-1',
    })
    expect(inference.asked).toEqual([
      {
        model: 'ripple/auto',
        key: null,
        trace_id: null,
        input: { type: 'text', text: 'Why?', template: 'auto' },
        format: { type: 'text' },
        stop: [],
        penalties: { frequency_milli: 0, presence_milli: 0 },
        max_tokens: null,
        temperature_milli: 0,
        top_p_milli: 1_000,
        top_k: 0,
        seed: null,
        data_class: 'private',
        principal: owner,
      },
    ])
    expect(render('inference.single_query', answer)).toEqual({
      lines: ['Hello world'],
      notes: [
        'SmolLM2-135M-Instruct on uhCAkone: nas has the model loaded',
        'receipt /receipts/uhCkktask.receipt',
      ],
    })
  })

  it.each([
    [{}, 'RIPPLE_BODY_INVALID'],
    [{ prompt: ' ' }, 'RIPPLE_PROMPT_EMPTY'],
    [{ prompt: 'a\ud800' }, 'RIPPLE_PROMPT_ENCODING'],
    [{ prompt: 'x', model: '' }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', max_tokens: 0 }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', temperature: 3 }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', key: 'short' }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', trace_id: 'two words' }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', stream: true }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', data_class: 'harmless' }, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', task_type: 'poem' }, 'RIPPLE_BODY_INVALID'],
  ])('a single query refuses %o', async (input, code) => {
    await expect(call('inference.single_query', stubContext({}), input, never)).rejects.toMatchObject({
      code,
    })
  })

  it('a single query passes its task type on', async () => {
    const inference = new StandInInference()
    await call(
      'inference.single_query',
      stubContext({ inference }),
      { prompt: 'x', task_type: 'review' },
      never,
    )
    expect(inference.asked[0]?.task_type).toBe('review')
  })

  it('the command streams the answer', () => {
    expect(askPresenter.completion({ prompt: 'x' })?.body).toMatchObject({ stream: true, template: 'auto' })
    const { headers, body } = askPresenter.completion({ prompt: 'x', data_class: 'public' }) ?? {}
    expect(headers).toEqual({ 'x-ripple-data-class': 'public', 'x-ripple-head': 'early' })
    expect(body).not.toHaveProperty('data_class')
    expect(body).not.toHaveProperty('metadata')
    const told = askPresenter.completion({ prompt: 'x', task_type: 'reasoning' })?.body
    expect(told).toMatchObject({ metadata: { task_type: 'reasoning' } })
    expect(told).not.toHaveProperty('task_type')
  })
})
