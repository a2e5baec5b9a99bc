import { describe, expect, test } from 'vitest'
import { minutesLeft } from '../../../host/setup/minutes-left.mjs'

const build = { crates: 655, minutes: 18, kept: 0, done: 0, spent: 0 }

describe('minutesLeft', () => {
  test('begins with what is known from other machines, and ends with 1', () => {
    expect(minutesLeft(build)).toBe(18)
    expect(minutesLeft({ ...build, done: 655, spent: 18 })).toBe(1)
    expect(minutesLeft({ ...build, done: 700, spent: 30 })).toBe(1)
  })

  test('small crates that come fast at first shorten nothing', () => {
    expect(minutesLeft({ ...build, done: 104, spent: 1 })).toBe(17)
  })

  test('a slow machine is believed the more, the longer it builds', () => {
    const early = minutesLeft({ ...build, done: 20, spent: 2 })
    expect(early).toBeGreaterThan(18)
    expect(early).toBeLessThan(30)
    expect(minutesLeft({ ...build, done: 328, spent: 40 })).toBeGreaterThan(25)
  })

  test('a build that goes on counts only what is left, and is not frightened by a slow first crate', () => {
    expect(minutesLeft({ ...build, kept: 275, done: 275 })).toBe(10)
    expect(minutesLeft({ ...build, kept: 275, done: 298, spent: 4 })).toBeLessThan(20)
  })
})
