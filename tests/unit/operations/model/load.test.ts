import { expect, onTestFinished, test } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { Context, ModelView } from '../../../../host/operations/context.ts'
import { routeOf } from '../../../../host/operations/registry.ts'
import { host, stubApi, token } from '../../api/stub-api.ts'

const loaded: ModelView = {
  name: 'SmolLM2-135M-Instruct',
  sha256: 'a'.repeat(64),
  bytes: 1,
  licence: 'Apache-2.0',
  context_tokens: 8_192,
  present: true,
  path: '/models/smol.gguf',
  loaded: true,
  memory_bytes: 1_024,
  running: 0,
  pulling: null,
  pull_as: null,
  pull_problem: null,
  part_bytes: 0,
  indexing: false,
  problem: null,
}

/** Calls a verb of a daemon by its name, and gives the status and the answer. */
async function call(verb: string, models: Partial<Context['models']>, model: string) {
  const app = stubApi({ models: models as Context['models'] })
  onTestFinished(() => app.close())
  const answer = await app.inject({
    method: 'POST',
    url: routeOf(verb),
    headers: { authorization: `Bearer ${token}`, host },
    payload: { model },
  })
  return { status: answer.statusCode, body: answer.json() as unknown }
}

test.each(['inference.load_model', 'model.load'])('%s loads the named model', async (verb) => {
  const asked: string[] = []
  const load = async (model: string) => {
    asked.push(model)
    return loaded
  }
  expect(await call(verb, { load }, loaded.name)).toEqual({ status: 200, body: loaded })
  expect(asked).toEqual([loaded.name])
})

test.each(['inference.unload_model', 'model.unload'])("%s frees the model's memory", async (verb) => {
  const here = [loaded.name]
  const unload = async (model: string) => here.splice(0, 1, 'none')[0] === model
  const { name } = loaded
  expect(await call(verb, { unload }, name)).toEqual({ status: 200, body: { model: name, unloaded: true } })
  expect(await call(verb, { unload }, name)).toMatchObject({ body: { model: name, unloaded: false } })
})

test.each(['inference.load_model', 'inference.unload_model'])(
  '%s says that the named model is not here',
  async (verb) => {
    const missing = () => Promise.reject(new RippleError('RIPPLE_MODEL_MISSING', { model: 'none' }))
    const answer = await call(verb, { load: missing, unload: missing }, 'none')
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'RIPPLE_MODEL_MISSING' } } })
    expect((await call(verb, {}, '')).status).toBe(400)
  },
)
