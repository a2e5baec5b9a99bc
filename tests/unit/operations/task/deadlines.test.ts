import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { deadlinesOf } from '../../../../host/operations/task/deadlines.ts'

const none = { timeout_ms: null, queue_timeout_ms: null, run_timeout_ms: null }

describe('the deadlines of a task', () => {
  test('a task without named deadlines has the usual ones', () => {
    expect(deadlinesOf(none)).toEqual(limits.deadlines_ms)
  })

  test('a timeout sets the queue deadline, and the run deadline at most', () => {
    expect(deadlinesOf({ ...none, timeout_ms: 7_200_000 })).toEqual({
      queue: 7_200_000,
      run: limits.deadlines_ms.run,
      total: 7_200_000,
    })
    expect(deadlinesOf({ ...none, timeout_ms: 5_000 })).toEqual({ queue: 5_000, run: 5_000, total: 5_000 })
  })

  test('named deadlines are used as they are', () => {
    const named = { timeout_ms: 90_000, queue_timeout_ms: 5_000, run_timeout_ms: 90_000 }
    expect(deadlinesOf(named)).toEqual({ queue: 5_000, run: 90_000, total: 90_000 })
    const long = limits.deadlines_ms.total
    expect(deadlinesOf({ ...none, run_timeout_ms: long })).toMatchObject({ run: long, total: long })
  })

  test.each([
    ['queue', { ...none, queue_timeout_ms: limits.deadlines_ms.total + 1 }],
    ['queue', { ...none, timeout_ms: 5_000, queue_timeout_ms: 5_001 }],
    ['run', { ...none, timeout_ms: 5_000, run_timeout_ms: 5_001 }],
  ])('a time to %s longer than the whole life is refused', (which, named) => {
    expect(() => deadlinesOf(named)).toThrow(
      expect.objectContaining({
        code: 'RIPPLE_DEADLINE_INVALID',
        facts: expect.objectContaining({ which }),
        hint: expect.stringContaining(`--${which}-timeout`),
      }),
    )
  })
})
