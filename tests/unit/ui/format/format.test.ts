import { expect, test } from 'vitest'
import { age, count, duration, percent, size } from '../../../../host/ui/format/format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_536, '1.5 KiB'],
  [145_000_000, '138 MiB'],
  [1.5 * 1024 ** 3, '1.5 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text)
})

test.each([
  [12.4, '12 ms'],
  [1_440, '1.4 s'],
  [59_000, '59 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [12_000_000, '3 h 20 min'],
  [90_000_000, '1 d 1 h'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  [1_000, 'just now'],
  [7_000, '7 s ago'],
  [61_000, '1 min ago'],
  [7_500_000, '2 h ago'],
  [-7_500_000, 'in 2 h'],
])('a moment that is %d ms ago is %s', (ago, text) => {
  expect(age(1_000_000_000 - ago, 1_000_000_000)).toBe(text)
})

test('counts and shares are written for people', () => {
  expect([count(1_234_567), percent(0.5), percent(0.0312), percent(1)]).toEqual([
    '1\u202f234\u202f567',
    '50 %',
    '3.12 %',
    '100 %',
  ])
})
