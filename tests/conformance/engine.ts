import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine, RunJob } from '../../host/engine/port.ts'
import { plainPrompt } from '../../host/types/inference.ts'

const parameters = { max_tokens: 24, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }
const asking = (prompt: string) => plainPrompt(prompt, { parameters, seed: 7 })
const never = new AbortController().signal

/** Tests an engine; `open` gives one that has at least one model. */
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

    test('the engine names its build and backend class within the bounds of a result', () => {
      for (const text of [engine.build, engine.backendClass]) expect(text).toMatch(/^[\x20-\x7e]{1,128}$/)
      expect(engine.slots).toBeGreaterThan(0)
    })

    test('the pieces join to the text and count its tokens', async () => {
      const pieces: string[] = []
      const counts: number[] = []
      const onText = (text: string, tokens: number) => {
        pieces.push(text)
        counts.push(tokens)
      }
      const outcome = await engine.run({ ...job, onText }, never)
      expect(outcome.text).not.toBe('')
      expect(pieces.join('')).toBe(outcome.text)
      expect(counts).toEqual(counts.toSorted((a, b) => a - b))
      expect(counts.at(-1)).toBe(outcome.usage.tokens_out)
    })

    test('a run reports its begin and the read prompt before its first word', async () => {
      const seen: (number | string)[] = []
      const onRead = (tokens: number) => seen.push(tokens)
      const { usage } = await engine.run({ ...job, onRead, onText: () => seen.push('word') }, never)
      const reads = seen.filter((one) => typeof one === 'number')
      expect(seen[0]).toBe(0)
      expect(seen.slice(0, seen.indexOf('word'))).toEqual(reads)
      expect(reads).toEqual(reads.toSorted((a, b) => a - b))
      expect(reads.at(-1)).toBeLessThan(usage.tokens_in)
    })

    test('the same job gives the same text, whatever ran in between', async () => {
      const first = await engine.run(job, never)
      await engine.run({ ...job, ...asking('Name three rivers and never mention the sky.') }, never)
      const shared = { ...job, ...asking('Count to ten.'), alone: false }
      await Promise.all([engine.run(shared, never), engine.run({ ...shared, seed: 1 }, never)])
      const second = await engine.run(job, never)
      expect(second.text).toBe(first.text)
      expect(second.template_digest).toBe(first.template_digest)
    })

    test('the usage is measured, and tokens stay within their bound', async () => {
      const { usage, finish } = await engine.run(job, never)
      expect(usage.tokens_in).toBeGreaterThan(0)
      expect(usage.tokens_out).toBe(parameters.max_tokens)
      expect(finish).toBe('length')
      for (const amount of Object.values(usage))
        expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true)
    })

    test('a continued answer counts its prefix as tokens and does not stream it again', async () => {
      const pieces: string[] = []
      const whole = await engine.run({ ...job, onText: (text) => pieces.push(text) }, never)
      const prefix = pieces.slice(0, 9).join('')
      const rest = await engine.run({ ...job, prefix }, never)
      expect(prefix + rest.text).toBe(whole.text)
      expect(rest.usage.tokens_out).toBe(parameters.max_tokens - 9)
      const done = await engine.run({ ...job, prefix: whole.text }, never)
      expect(done).toMatchObject({ text: '', finish: 'length', usage: { tokens_out: 0 } })
    })

    test('simultaneous runs all come to their end', async () => {
      const jobs = [1, 2, 3, 4, 5].map((i) => ({ ...job, alone: i % 2 === 0 }))
      const outcomes = await Promise.all(jobs.map((one) => engine.run(one, never)))
      for (const { text, usage } of outcomes) {
        expect(text).not.toBe('')
        expect(usage.tokens_out).toBe(parameters.max_tokens)
      }
    })

    test('a run and a load of an absent model are refused', async () => {
      const model = '0'.repeat(64)
      const missing = { code: 'RIPPLE_MODEL_MISSING' }
      await expect(engine.run({ ...job, model }, never)).rejects.toMatchObject(missing)
      await expect(engine.load(model, never)).rejects.toMatchObject(missing)
      expect(await engine.unload(model, never)).toBe(false)
    })

    test('a model is loaded and unloaded on request', async () => {
      await engine.load(job.model, never)
      expect(engine.loaded()).toMatchObject([{ sha256: job.model, running: 0 }])
      expect(await engine.unload(job.model, never)).toBe(true)
      expect(engine.loaded()).toEqual([])
      expect(await engine.unload(job.model, never)).toBe(false)
      await engine.run(job, never)
      expect(engine.loaded()).toMatchObject([{ sha256: job.model, running: 0 }])
    })

    test('a prompt longer than the context is refused with the bound', async () => {
      const run = engine.run({ ...job, ...asking('word '.repeat(2_000)) }, never)
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_CONTEXT_TOO_LONG', facts: { max: 512 } })
    })

    test.each([true, false])('an aborted run (alone: %s) rejects with the reason', async (alone) => {
      const reason = new Error('enough')
      await expect(engine.run({ ...job, alone }, AbortSignal.abort(reason))).rejects.toBe(reason)
      const stop = new AbortController()
      const run = engine.run({ ...job, alone, onText: () => stop.abort(reason) }, stop.signal)
      await expect(run).rejects.toBe(reason)
      expect((await engine.run({ ...job, alone }, never)).text).not.toBe('')
    })
  })
}
