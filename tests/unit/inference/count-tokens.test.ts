/** Tests how the tokens of a prompt are counted. */
import { expect, test } from 'vitest'
import type { Engine } from '../../../host/engine/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { countTokens } from '../../../host/inference/count-tokens.ts'
import { systemClock } from '../../../host/work/context/clock.ts'
import { forever } from '../../harness/forever.ts'
import { asked, digest, quickEngine } from './stage.ts'

const model = { name: 'tiny', digest, context_tokens: 4_096, at: [] }
const here = { type: 'model', model, only: null } as const
const estimated = { tokens: Math.ceil(JSON.stringify(asked.input).length / 3), exact: false }

/** An engine with the model in memory, whose runs are these. */
async function engineThat(run?: Engine['run']): Promise<Engine> {
  const engine = quickEngine()
  await engine.load(digest, forever)
  return run ? { ...engine, run } : engine
}

const count = (engine: Engine, target: Parameters<typeof countTokens>[2] = here) =>
  countTokens({ engine, clock: systemClock }, asked, target, forever)

test('a count is exact if the model is in memory, and generates nothing', async () => {
  const asks: number[] = []
  const quick = await engineThat()
  const engine = await engineThat((job, signal) => {
    asks.push(job.parameters.max_tokens)
    return quick.run(job, signal)
  })
  expect(await count(engine)).toEqual({ tokens: 4, exact: true })
  expect(asks).toEqual([0])
})

test('a prompt that is longer than the context is counted too', async () => {
  const engine = await engineThat(() =>
    Promise.reject(new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: 9_000, max: 4_096 })),
  )
  expect(await count(engine)).toEqual({ tokens: 9_000, exact: true })
})

test('a count is an estimate if the model is not in memory, or has no single tokenizer', async () => {
  expect(await count(quickEngine())).toEqual(estimated)
  expect(await count(await engineThat(), { type: 'auto' })).toEqual(estimated)
})

test('a count is an estimate if the engine has no time', async () => {
  const engine = await engineThat(() => new Promise(() => {}))
  expect(await count(engine)).toEqual(estimated)
})

test('a count rejects if the model cannot read the prompt', async () => {
  const refusal = new RippleError('RIPPLE_MODEL_NOT_CHAT', { model: 'tiny' })
  await expect(count(await engineThat(() => Promise.reject(refusal)))).rejects.toBe(refusal)
})
