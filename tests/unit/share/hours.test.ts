import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWithin, minuteOfDay, parseHours } from '../../../host/share/hours.ts'

const at = (text: string): number => parseHours(`${text}-00:00`).from

test.each([
  ['22:00-06:00', '21:59', false],
  ['22:00-06:00', '22:00', true],
  ['22:00-06:00', '00:00', true],
  ['22:00-06:00', '05:59', true],
  ['22:00-06:00', '06:00', false],
  ['12:00-13:00', '12:30', true],
  ['12:00-13:00', '13:00', false],
  ['18:00-24:00', '23:59', true],
  ['18:00-24:00', '00:00', false],
  ['00:00-00:00', '13:37', true],
])('the hours %s are judged at %s', (hours, time, within) => {
  expect(isWithin(at(time), [parseHours(hours)])).toBe(within)
})

test('any of several hours suffices, and without hours it is never time', () => {
  const two = ['22:00-06:00', '12:00-13:00'].map(parseHours)
  expect([isWithin(at('12:15'), two), isWithin(at('15:00'), two), isWithin(at('12:15'), [])]).toEqual([
    true,
    false,
    false,
  ])
})

test('hours and their complement make up the day', () => {
  const minute = fc.integer({ min: 0, max: 1_439 })
  fc.assert(
    fc.property(minute, minute, minute, (from, to, now) => {
      fc.pre(from !== to)
      expect(isWithin(now, [{ from, to }])).toBe(!isWithin(now, [{ from: to, to: from }]))
    }),
  )
})

test("a moment's minute is that of the machine's own clock", () => {
  expect(minuteOfDay(new Date(2026, 5, 1, 23, 5).getTime())).toBe(23 * 60 + 5)
})
