import { getLlama, type LlamaModel, type Token } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LlamaEngine, openLlamaEngine, type RunnableModel } from '../../host/engine/llama.ts'
import type { RunJob } from '../../host/engine/port.ts'
import { plainPrompt } from '../../host/types/inference.ts'
import { readScoredAnswer } from '../../host/types/scored-answer.ts'
import { wrongForm } from '../../host/work/poster/wrong-form.ts'
import { testModel } from '../harness/model.ts'

const parameters = {
  max_tokens: 6,
  temperature_milli: 0,
  top_p_milli: 1000,
  top_k: 0,
  context_tokens: 1_024,
}
const never = new AbortController().signal
/** Longer than the tokens that are scored at a time. */
const text = `${'One two three four five. '.repeat(14)}The capital of France is`

describe('scores of the llama.cpp engine', () => {
  let engine: LlamaEngine
  let model: RunnableModel
  let own: LlamaModel

  beforeAll(async () => {
    model = await testModel()
    engine = await openLlamaEngine({ models: () => [model] }, AbortSignal.timeout(60_000))
    own = await (await getLlama({ gpu: false, build: 'never' })).loadModel({ modelPath: model.path })
  }, 60_000)
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await own.dispose()
  })

  const ask = async (over: Partial<RunJob>) => {
    const pieces: string[] = []
    const asked = { ...plainPrompt(text, { parameters, seed: 1 }), prefix: '', ...over }
    const onText = (piece: string) => void pieces.push(piece)
    const outcome = await engine.run({ model: model.sha256, alone: true, ...asked, onText }, never)
    expect(wrongForm(outcome.text, asked, outcome), outcome.text).toBeNull()
    const scored = readScoredAnswer(outcome.text)
    if (scored === null) throw new RangeError('no scores')
    return { ...outcome, scored, pieces }
  }

  /** The log probability of every eighth token, from all logits of node-llama-cpp; null for the others. */
  const reference = async (tokens: readonly Token[]): Promise<(number | null)[]> => {
    const context = await own.createContext({ contextSize: 1_024 })
    const given = await context
      .getSequence()
      .controlledEvaluate(
        tokens
          .slice(0, -1)
          .map((token, at) => (at % 8 === 0 ? [token, { generateNext: { logits: true } }] : token)),
      )
    await context.dispose()
    return tokens.slice(1).map((token, at) => {
      const logits = given[at]?.next.logits
      if (logits === undefined) return null
      const max = Math.max(...logits.values())
      const sum = [...logits.values()].reduce((all, logit) => all + Math.exp(logit - max), 0)
      return (logits.get(token) ?? Number.NaN) - max - Math.log(sum)
    })
  }

  test('each token of prompt and answer has the log probability of the whole vocabulary', async () => {
    const tokens = [...own.tokenize(text)]
    const input = { type: 'text' as const, text: '', template: 'none' as const, tokens: [...tokens] }
    const { scored, usage } = await ask({ input, logprobs: { top: 3, prompt: true } })
    expect(tokens.length).toBeGreaterThan(64)
    expect(scored.prompt.map(([piece]) => piece).join('')).toBe(text)
    expect(scored.answer.map(([piece]) => piece).join('')).toBe(scored.text)
    expect(scored.prompt[0]).toEqual([expect.any(String), null, []])
    expect([usage.tokens_in, usage.tokens_out]).toEqual([tokens.length, scored.answer.length])
    const answer = own.tokenize(scored.text, false, 'trimLeadingSpace')
    const wanted = await reference([...tokens, ...answer])
    const given = [...scored.prompt.slice(1), ...scored.answer].map(([, logprob]) => logprob ?? 0)
    // llama.cpp multiplies one row and many rows in other ways, so the last digits depend on the batch.
    for (const [at, exact] of wanted.entries())
      if (exact !== null) expect(Math.abs((given[at] ?? Number.NaN) - exact)).toBeLessThan(0.05)
    expect(wanted.filter((exact) => exact !== null).length).toBeGreaterThan(8)
    // The likeliest token is taken at temperature 0, and it is the first of the three.
    for (const [piece, logprob, top] of scored.answer)
      expect([top.length, ...(top[0] ?? [])]).toEqual([3, piece, logprob])
  })

  test('a sampled answer has the scores of the model, and a prompt that nobody asked for has none', async () => {
    const hot = { ...parameters, temperature_milli: 1_500 }
    const { scored } = await ask({ parameters: hot, logprobs: { top: 0, prompt: false } })
    expect(scored.prompt).toEqual([])
    expect(scored.answer.every(([, logprob, top]) => (logprob ?? 1) <= 0 && top.length === 0)).toBe(true)
  })

  test('the token that ends an answer is scored, and tokens after a stop word are not', async () => {
    const template = 'auto' as const
    const long = { ...parameters, max_tokens: 100 }
    const input = { type: 'text' as const, text: 'Say yes.', template }
    const ended = await ask({ input, parameters: long, logprobs: { top: 1, prompt: false } })
    expect([ended.finish, ended.scored.answer.at(-1)?.[0]]).toEqual(['stop', ''])
    const [, word = ''] = ended.scored.text.trim().split(/\s+/)
    const stopped = await ask({ input, parameters: long, stop: [word], logprobs: { top: 1, prompt: false } })
    expect(stopped.scored.text).not.toContain(word)
    expect(
      stopped.scored.answer
        .map(([piece]) => piece)
        .join('')
        .startsWith(stopped.scored.text),
    ).toBe(true)
  })

  test('a bias makes a token certain, and an unknown token is refused while the engine lives', async () => {
    const input = { type: 'text' as const, text, template: 'none' as const }
    const [token = 0] = own.tokenize(' Rome')
    const { scored } = await ask({
      input,
      logit_bias: [[token, 100_000]],
      logprobs: { top: 0, prompt: false },
    })
    expect(scored.answer[0]?.[0]).toBe(' Rome')
    const stranger = { type: 'text' as const, text: '', template: 'none' as const, tokens: [1, 49_152] }
    const refused = { code: 'RIPPLE_BODY_INVALID', facts: { param: 'prompt' } }
    await expect(ask({ input: stranger })).rejects.toMatchObject(refused)
    const biased = { code: 'RIPPLE_BODY_INVALID', facts: { param: 'logit_bias' } }
    await expect(ask({ input, logit_bias: [[999_999, 1]] })).rejects.toMatchObject(biased)
    expect((await ask({ input, logprobs: { top: 0, prompt: false } })).scored.answer).toHaveLength(6)
  })
})
