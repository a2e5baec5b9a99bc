import { describe, expect, test } from 'vitest'
import { minutesLeft } from '../../../../host/setup/tools/minutes-left.mjs'

const build = { crates: 655, minutes: 18, kept: 0, done: 0, spent: 0 }

describe('minutesLeft', () => {
  test("the estimate begins with other machines' time and ends with 1 minute", () => {
    expect(minutesLeft(build)).toBe(18)
    expect(minutesLeft({ ...build, done: 655, spent: 18 })).toBe(1)
    expect(minutesLeft({ ...build, done: 700, spent: 30 })).toBe(1)
  })

  test('quick small crates at first do not shorten the estimate', () => {
    expect(minutesLeft({ ...build, done: 104, spent: 1 })).toBe(17)
  })

  test('the estimate trusts a slow machine more, the longer it builds', () => {
    const early = minutesLeft({ ...build, done: 20, spent: 2 })
    expect(early).toBeGreaterThan(18)
    expect(early).toBeLessThan(30)
    expect(minutesLeft({ ...build, done: 328, spent: 40 })).toBeGreaterThan(25)
  })

  test('the estimate of a resumed build counts only what is left', () => {
    expect(minutesLeft({ ...build, kept: 275, done: 275 })).toBe(10)
    expect(minutesLeft({ ...build, kept: 275, done: 298, spent: 4 })).toBeLessThan(20)
  })
})
