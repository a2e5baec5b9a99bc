import { expect, test } from 'vitest'
import { progressText, shareOf } from '../../../../../host/ui/views/models/pull-state.ts'

const MIB = 1024 * 1024

test.each([
  [40 * MIB, 100 * MIB, 12 * MIB, '40 MiB of 100 MiB, 12 MiB/s, 5.0 s left'],
  [40 * MIB, 100 * MIB, null, '40 MiB of 100 MiB'],
  [40 * MIB, 100 * MIB, 0, '40 MiB of 100 MiB, 0 B/s'],
  [40 * MIB, null, 2 * MIB, '40 MiB so far, 2 MiB/s'],
])('a pull of %s bytes of %s at %s a second is %s', (bytes, total, bytes_per_s, text) => {
  expect(progressText({ bytes, total, bytes_per_s })).toBe(text)
})

test('the share of a pull of unknown or no size is zero', () => {
  const shares = [100, 0, null].map((total) => shareOf({ bytes: 25, total, bytes_per_s: null }))
  expect(shares).toEqual([0.25, 0, 0])
})
