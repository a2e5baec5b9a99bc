import { describe, expect, test } from 'vitest'
import { brokenIn, type Figure, isKept, table } from '../../mesh/figure.ts'

const time: Figure = { what: 'all see all', unit: 's', values: [3, 4.5, 6], bound: { most: 5 } }

describe('a figure', () => {
  test.each([
    ['every value within its upper bound', { values: [1, 5], bound: { most: 5 } }, true],
    ['a value above it', { values: [1, 5.1], bound: { most: 5 } }, false],
    ['every value within its lower bound', { values: [0.9], bound: { least: 0.9 } }, true],
    ['a value below it', { values: [2, 0.8], bound: { least: 0.9 } }, false],
    ['a value that never came', { values: [1, null], bound: { most: 5 } }, false],
    ['a value that never came, without a bound', { values: [null], bound: null }, false],
    ['no bound', { values: [1_000], bound: null }, true],
  ])('figure with %s is kept or not', (_what, given, kept) => {
    expect(isKept({ ...time, ...given })).toBe(kept)
  })

  test('a figure is a row with its median, its worst value and its bound', () => {
    const rows = table([{ scenario: 'join', figures: [time], failed: null }]).split('\n')
    const cells = rows
      .at(-1)
      ?.split('|')
      .map((cell) => cell.trim())
    expect(cells?.slice(1, -1)).toEqual(['join', 'all see all', '3', '4.5 s', '6 s', 'at most 5 s', 'NO'])
  })

  test('a figure of which more is better has its smallest value as the worst', () => {
    const share: Figure = { what: 'share', unit: '', values: [0.95, 0.92], bound: { least: 0.9 } }
    const rows = table([{ scenario: 'share', figures: [share], failed: null }]).split('\n')
    expect(rows.at(-1)).toContain('| 0.92  | at least 0.9 | yes')
  })

  test('runs that gave up are named', () => {
    const rows = table([{ scenario: 'kill', figures: [{ ...time, values: [2, null] }], failed: null }])
    expect(rows).toContain('1 never')
  })
})

test('broken figures and scenarios that could not go on are named', () => {
  const outcomes = [
    { scenario: 'join', figures: [time, { ...time, values: [1] }], failed: null },
    { scenario: 'kill', figures: [], failed: 'nobody serves' },
  ]
  expect(brokenIn(outcomes)).toEqual(['join: all see all: 3, 4.5, 6', 'kill: nobody serves'])
})
