import { describe, expect, it } from 'vitest'
import type { ScoredAnswer } from '../../../host/types/scored-answer.ts'
import { StandInInference, serve } from './openai-stand-in.ts'

const model = 'SmolLM2-135M-Instruct'
const messages = [{ role: 'user' as const, content: 'Hi' }]

const scored: ScoredAnswer = {
  prompt: [
    ['The', null, []],
    [' sea', -2, [[' end', -1]]],
  ],
  text: ' is',
  answer: [
    [' is', -0.5, [[' is', -0.5]]],
    ['', -1, [['<|im_end|>', -1]]],
  ],
}

const scoring = (given: ScoredAnswer = scored) =>
  new StandInInference(() => {
    const text = JSON.stringify(given)
    return {
      pieces: async function* () {
        for (const piece of [text.slice(0, 9), text.slice(9)]) yield { type: 'text', text: piece }
      },
      end: { text },
    }
  })

describe('log probabilities', () => {
  it('a completion has those of prompt and answer, and lists the chosen token', async () => {
    const { client, inference } = await serve(scoring())
    const asked = { model, prompt: [5, 6], echo: true, logprobs: 1, max_tokens: 1 }
    const { choices } = await client.completions.create(asked)
    const logprobs = {
      tokens: ['The', ' sea', ' is', ''],
      token_logprobs: [null, -2, -0.5, -1],
      top_logprobs: [null, { ' sea': -2, ' end': -1 }, { ' is': -0.5 }, { '<|im_end|>': -1 }],
      text_offset: [0, 3, 7, 10],
    }
    expect(choices).toEqual([{ text: 'The sea is', index: 0, logprobs, finish_reason: 'stop' }])
    expect(inference.asked[0]?.logprobs).toEqual({ top: 1, prompt: true })
  })

  it('a completion repeats its prompt without log probabilities', async () => {
    const { client } = await serve(scoring())
    const { choices } = await client.completions.create({ model, prompt: ['One', 'Two'], echo: true })
    expect(choices.map(({ text, logprobs }) => [text, logprobs])).toEqual([
      ['One is', null],
      ['Two is', null],
    ])
  })

  it('a chat has those of its answer, whole or streamed', async () => {
    const { client, inference } = await serve(scoring())
    const asked = { model, messages, logprobs: true, top_logprobs: 1 } as const
    const { choices } = await client.chat.completions.create(asked)
    const one = { token: ' is', logprob: -0.5, bytes: [32, 105, 115] }
    const logprobs = { content: [{ ...one, top_logprobs: [one] }], refusal: null }
    expect(choices).toMatchObject([{ message: { content: ' is' }, logprobs }])
    expect(inference.asked[0]?.logprobs).toEqual({ top: 1, prompt: false })
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...asked, stream: true }))
    const deltas = chunks.flatMap(({ choices }) => choices)
    expect(deltas.map(({ delta }) => delta.content ?? '').join('')).toBe(' is')
    expect(deltas.find((choice) => choice.logprobs)).toMatchObject({ delta: { content: ' is' }, logprobs })
  })

  it('an answer without the scores that were asked for is an error', async () => {
    const { client } = await serve(new StandInInference())
    const asked = client.chat.completions.create({ model, messages, logprobs: true })
    await expect(asked).rejects.toMatchObject({ code: 'answer_invalid' })
  })
})

describe('several answers to one chat', () => {
  it('each answer is a choice with its own ask', async () => {
    const { client, inference } = await serve()
    const { choices } = await client.chat.completions.create({ model, messages, n: 3, seed: 1 })
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'Hello world'],
      [1, 'Hello world'],
      [2, 'Hello world'],
    ])
    expect(inference.asked.map(({ seed }) => seed)).toEqual([1, 2, 3])
  })

  it('the answers stream one after the other, each with its role and its end', async () => {
    const { client } = await serve()
    const asked = { model, messages, n: 2, stream: true } as const
    const chunks = await Array.fromAsync(await client.chat.completions.create(asked))
    const texts = ['', '']
    for (const { index, delta } of chunks.flatMap(({ choices }) => choices))
      texts[index] += `${delta.role ?? ''}${delta.content ?? ''}`
    expect(texts).toEqual(['assistantHello world', 'assistantHello world'])
    const ends = chunks.flatMap(({ choices }) => choices.filter((one) => one.finish_reason !== null))
    expect(ends.map(({ index }) => index)).toEqual([0, 1])
  })
})
