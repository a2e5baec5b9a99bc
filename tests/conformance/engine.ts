import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine, RunJob } from '../../host/engine/port.ts'
import { plainPrompt } from '../../host/types/inference.ts'

const parameters = { max_tokens: 24, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }
const asking = (prompt: string) => plainPrompt(prompt, { parameters, seed: 7 })
const never = new AbortController().signal

/** What every engine keeps to; `open` gives one that has at least one model. */
export function engineConformance(name: string, open: () => Promise<Engine>): void {
  describe(`engine: ${name}`, () => {
    let engine: Engine
    let job: RunJob
    beforeAll(async () => {
      engine = await open()
      const model = engine.models()[0]?.sha256 ?? ''
      job = { model, ...asking('Why is the sky blue?'), prefix: '', alone: true, onText: () => {} }
    })
    afterAll(() => engine[Symbol.asyncDispose]())

    test('names its build and its class within the bounds of a Result', () => {
      for (const text of [engine.build, engine.backendClass]) expect(text).toMatch(/^[\x20-\x7e]{1,128}$/)
    })

    test('the pieces of the text are the text', async () => {
      const pieces: string[] = []
      const outcome = await engine.run({ ...job, onText: (text) => pieces.push(text) }, never)
      expect(outcome.text).not.toBe('')
      expect(pieces.join('')).toBe(outcome.text)
    })

    test('the same job gives the same text, whatever was run in between', async () => {
      const first = await engine.run(job, never)
      await engine.run({ ...job, ...asking('Name three rivers and never mention the sky.') }, never)
      const second = await engine.run(job, never)
      expect(second.text).toBe(first.text)
      expect(second.template_digest).toBe(first.template_digest)
    })

    test('usage is measured, and tokens stay under their bound', async () => {
      const { usage } = await engine.run(job, never)
      expect(usage.tokens_in).toBeGreaterThan(0)
      expect(usage.tokens_out).toBeGreaterThan(0)
      expect(usage.tokens_out).toBeLessThanOrEqual(parameters.max_tokens)
      for (const amount of Object.values(usage))
        expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true)
    })

    test('runs asked for at the same time all come to their end', async () => {
      const outcomes = await Promise.all([1, 2, 3].map(() => engine.run(job, never)))
      expect(new Set(outcomes.map(({ text }) => text)).size).toBe(1)
    })

    test('a model that is not here', async () => {
      const run = engine.run({ ...job, model: '0'.repeat(64) }, never)
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
    })

    test('a prompt longer than the context says how long it is', async () => {
      const run = engine.run({ ...job, ...asking('word '.repeat(2_000)) }, never)
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_CONTEXT_TOO_LONG', facts: { max: 512 } })
    })

    test('an aborted run rejects with the reason, before and during it', async () => {
      const reason = new Error('enough')
      await expect(engine.run(job, AbortSignal.abort(reason))).rejects.toBe(reason)
      const stop = new AbortController()
      const run = engine.run({ ...job, onText: () => stop.abort(reason) }, stop.signal)
      await expect(run).rejects.toBe(reason)
      expect((await engine.run(job, never)).text).not.toBe('')
    })
  })
}
