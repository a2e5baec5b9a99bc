import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type EpochRules,
  epochAt,
  epochBegin,
  epochOfSeed,
  epochSeed,
  epochsToOpen,
  isForgotten,
  isPast,
  nextOpening,
  outsideBy,
} from '../../../host/config/epoch.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const daily: EpochRules = { length_ms: DAY_MS, kept: 1, max_action_seq: 5_000, archive_days: 30 }
const minute = { ...daily, length_ms: 60_000 }
const rules = fc.record({
  length_ms: fc.integer({ min: 1_000, max: 100 * DAY_MS }),
  kept: fc.integer({ min: 1, max: 5 }),
  max_action_seq: fc.constant(5_000),
  archive_days: fc.constant(null),
})
const times = fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 })

describe('epochs', () => {
  test('epochs are numbered by UTC days', () => {
    expect([0, DAY_MS - 1, DAY_MS].map((now) => epochAt(now, daily))).toEqual([0, 0, 1])
    expect(epochBegin(20_000, daily)).toBe(Date.parse('2024-10-04T00:00:00Z'))
  })

  test('the distance of a time from its epoch is computed', () => {
    const outside = [0, 1, 12, 24, 26, 48].map((hours) =>
      outsideBy(9, 9 * DAY_MS + (hours - 1) * HOUR_MS, daily),
    )
    expect(outside.map((ms) => ms / HOUR_MS)).toEqual([-1, 0, 0, 0, 1, 23])
  })

  test('an epoch opens before it begins, and the earlier one stays open for its tasks', () => {
    const at = (hours: number) => epochsToOpen(DAY_MS * 9 + hours * HOUR_MS, daily)
    expect([0, 0.99, 1, 12, 23.8, 23.9].map(at)).toEqual([[8, 9], [8, 9], [9], [9], [9], [9, 10]])
    expect(epochsToOpen(60_000 * 9 + 50_000, minute)).toEqual([9, 10])
  })

  test('two machines whose clocks differ a little both have the current epoch open', () => {
    fc.assert(
      fc.property(rules, times, fc.double({ min: -1, max: 1, noNaN: true }), (some, now, part) => {
        const skew = Math.round(part * Math.min(600_000, some.length_ms / 4 - 1))
        expect(epochsToOpen(now, some)).toContain(epochAt(now + skew, some))
      }),
    )
  })

  test('epochs are looked for again when the next one is due, and no earlier', () => {
    fc.assert(
      fc.property(rules, times, (some, now) => {
        const next = nextOpening(now, some)
        const last = epochsToOpen(now, some).at(-1) ?? 0
        expect(next).toBeGreaterThan(now)
        expect(epochsToOpen(next - 1, some).at(-1)).toBe(last)
        expect(epochsToOpen(next, some).at(-1)).toBe(last + 1)
      }),
    )
  })

  test('an epoch is past once more than the kept ones have begun since', () => {
    const now = DAY_MS * 9 + HOUR_MS
    expect([7, 8, 9, 10].map((epoch) => isPast(epoch, now, daily))).toEqual([true, false, false, false])
    fc.assert(
      fc.property(rules, times, (some, at) => {
        for (const epoch of epochsToOpen(at, some)) expect(isPast(epoch, at, some)).toBe(false)
      }),
    )
  })

  test("an archive is forgotten days after its epoch's end, or never", () => {
    const end = epochBegin(10, daily)
    expect([29, 30].map((days) => isForgotten(9, end + days * DAY_MS, daily))).toEqual([false, true])
    expect(isForgotten(9, end + 9_999 * DAY_MS, { ...daily, archive_days: null })).toBe(false)
  })

  test("an epoch's seed names no other network", () => {
    expect(epochSeed('ripple-local-a1', 7)).toBe('ripple-local-a1-epoch7')
    expect(epochOfSeed('ripple-local-a1', 'ripple-local-a1-epoch7')).toBe(7)
    for (const text of [
      'ripple-local-a1',
      'ripple-local-a1-epoch07',
      'ripple-local-a2-epoch7',
      'ripple-local-a1-epoch7-epoch8',
    ])
      expect(epochOfSeed('ripple-local-a1', text)).toBeNull()
  })
})
