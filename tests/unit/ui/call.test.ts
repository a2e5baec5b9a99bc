import { expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { read, refusalOf } from '../../../host/ui/call.ts'
import { chunk, modelList } from '../../../host/ui/wire.ts'

const own = new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'x', nearest: 'tiny' }).toJSON()
/** As `/v1` says it: the hint in the message too, and OpenAI's word for a code. */
const openai = {
  error: {
    message: `${own.error.message}; ${own.error.hint}`,
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
    ripple_code: own.error.code,
    hint: own.error.hint,
  },
}

test.each([
  ['its own', own],
  ["OpenAI's", openai],
])("an error in %s form is shown in the daemon's words, with its hint once", (_whose, body) => {
  const { trouble, status } = refusalOf(body, 404)
  expect(status).toBe(404)
  expect(trouble).toEqual({
    code: 'RIPPLE_MODEL_NOT_FOUND',
    message: "no model 'x' is on the mesh",
    hint: 'the nearest names: tiny; all of them: GET /v1/models',
  })
})

test.each([[null], ['<html>'], [{ error: 'no' }]])("an empty error gets the page's own words: %j", (body) => {
  expect(refusalOf(body, 502).trouble).toMatchObject({
    code: 'RIPPLE_PAGE_UNREADABLE',
    message: "the daemon's answer cannot be read: status 502 without words",
  })
})

test('an unexpected document is refused with its field', () => {
  expect(() => read(modelList, { data: [{ id: 7 }] })).toThrow('data.0.id is not as expected')
  expect(() => read(chunk, { usage: { prompt_tokens: -1, completion_tokens: 1 } })).toThrow(
    'usage.prompt_tokens is not as expected',
  )
})

test('unknown fields of a later daemon are ignored', () => {
  expect(read(chunk, { id: 'x', choices: [{ index: 0, delta: { role: 'assistant' } }], more: 1 })).toEqual({
    choices: [{ delta: {} }],
  })
})
