import { expect, test } from 'vitest'
import { openaiError } from '../../../../host/api/openai/error.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { refusalOf } from '../../../../host/ui/daemon/call.ts'

const error = new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'x', nearest: 'tiny' })

test.each([
  ['its own', error.toJSON()],
  ["OpenAI's", openaiError(error).body],
])("an error in %s form is shown in the daemon's words, with its hint once", (_whose, body) => {
  const { trouble, status } = refusalOf(body, 404)
  expect(status).toBe(404)
  expect(trouble).toEqual({
    code: 'RIPPLE_MODEL_NOT_FOUND',
    message: "no model 'x' is on the mesh",
    hint: 'the nearest names: tiny; all of them: GET /v1/models',
  })
})

test.each([[null], ['<html>'], [{ error: 'no' }], [{ error: { message: 7 } }]])(
  "an empty error gets the page's own words: %j",
  (body) => {
    expect(refusalOf(body, 502).trouble).toMatchObject({
      code: 'RIPPLE_PAGE_UNREADABLE',
      message: "the daemon's answer cannot be read: status 502 without words",
    })
  },
)
