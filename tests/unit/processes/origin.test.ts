// Tests the origins that a conductor's websockets accept.
import { validateHeaderValue } from 'node:http'
import { expect, test } from 'vitest'
import { onlyOrigin, originIn, randomOrigin } from '../../../host/processes/origin.ts'

test('a conductor gets a new origin at each start, which its setting holds', () => {
  const origin = randomOrigin()
  expect(origin).toMatch(/^ripple-[0-9a-f]{64}$/)
  expect(randomOrigin()).not.toBe(origin)
  expect(originIn(onlyOrigin(origin))).toBe(origin)
  // The conductor gives its origins back in any order.
  expect(originIn(onlyOrigin(origin).split(',').reverse().join(','))).toBe(origin)
})

test("a conductor's setting fits no header, so that no refusal can disclose its origin", () => {
  expect(() => validateHeaderValue('x', onlyOrigin(randomOrigin()))).toThrowError(TypeError)
})

test.each(['ripple-host', '*', randomOrigin(), `${randomOrigin()},ripple-host`])(
  'an interface with the setting %s, which can be guessed or is disclosed, is not used',
  (allowed) => {
    expect(originIn(allowed)).toBeNull()
  },
)
