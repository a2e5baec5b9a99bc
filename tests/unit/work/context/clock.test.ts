import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../../host/work/context/clock.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([3_600_000, -3_600_000])(
  'a jump of the system clock by %i ms does not count as time passed',
  (jump) => {
    const before = systemClock.now()
    const real = Date.now
    vi.spyOn(Date, 'now').mockImplementation(() => real() + jump)
    expect(Math.abs(systemClock.now() - before)).toBeLessThan(1_000)
  },
)
