import { expect, test } from 'vitest'
import { stuckDatabase } from '../../../host/supervise/stuck-database.ts'

const complaint = 'ERROR holochain: error returned from database: (code: 5) database is locked'

/** What is answered to complaints at these seconds. */
function answers(seconds: readonly number[], line = complaint, settledAt = 0): boolean[] {
  let now = 0
  const isStuck = stuckDatabase(
    () => now,
    () => now >= settledAt * 1_000,
  )
  return seconds.map((second) => {
    now = second * 1_000
    return isStuck(line)
  })
}

test('a database that is locked for some seconds is only busy', () => {
  expect(answers([31, 33, 36, 38]).includes(true)).toBe(false)
  expect(answers([0, 8, 60, 68, 120, 128]).includes(true)).toBe(false)
  expect(answers([12, 19, 22, 34, 38, 44]).includes(true)).toBe(false)
})

test('a database that stays locked is stuck', () => {
  expect(answers([41, 47, 56, 62, 71, 86, 100, 101])).toEqual([...Array<boolean>(7).fill(false), true])
})

test('complaints count from when the conductor has settled', () => {
  expect(answers([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], complaint, 35).indexOf(true)).toBe(10)
})

test('other lines say nothing', () => {
  expect(answers([0, 10, 20, 30, 40], 'ERROR something else').includes(true)).toBe(false)
})
