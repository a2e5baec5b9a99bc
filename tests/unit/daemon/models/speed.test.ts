import { expect, test } from 'vitest'
import { Speed } from '../../../../host/daemon/models/speed.ts'

test('a speed is unknown in the first second, and then that of the last seconds', () => {
  const speed = new Speed()
  expect(speed.at(0)).toBe(null)
  speed.came(1_000, 0, true)
  speed.came(2_000, 500, false)
  expect(speed.at(500)).toBe(null)
  speed.came(3_000, 1_000, false)
  expect(speed.at(1_000)).toBe(2_000)
  speed.came(3_500, 11_000, false)
  expect(speed.at(11_000)).toBe(50)
})

test('a speed falls while nothing comes, and begins again with another source', () => {
  const speed = new Speed()
  speed.came(0, 0, true)
  speed.came(8_000, 2_000, false)
  expect(speed.at(2_000)).toBe(4_000)
  expect(speed.at(4_000)).toBe(2_000)
  expect(speed.at(20_000)).toBe(0)
  speed.came(100, 20_000, true)
  expect(speed.at(20_500)).toBe(null)
})
