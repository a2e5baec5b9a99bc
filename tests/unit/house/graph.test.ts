import { describe, expect, test } from 'vitest'
import { circles, floorOf, upwardImports } from '../../house/graph.ts'

const floors = ['ground/', 'middle', 'ground/tools/', 'top/']

function file(path: string, values: string[], types: string[] = []) {
  const imports = [
    ...values.map((to) => ({ to, typeOnly: false })),
    ...types.map((to) => ({ to, typeOnly: true })),
  ]
  return { path, functions: [], imports }
}

describe('floors', () => {
  test('the longest entry that a path begins with is its floor', () => {
    expect(
      ['ground/a.ts', 'middle.ts', 'middle/b.ts', 'ground/tools/c.ts', 'zod'].map((path) =>
        floorOf(path, floors),
      ),
    ).toEqual([0, 1, 1, 2, -1])
  })

  test('an import of a higher floor is upward, and one of another floor or package is not', () => {
    const files = [
      file('middle.ts', ['middle/b.ts', 'ground/a.ts', 'zod']),
      file('ground/a.ts', ['ground/b.ts'], ['top/c.ts']),
    ]
    expect(upwardImports(files, floors)).toEqual(['ground/a.ts -> top/c.ts'])
  })
})

describe('circles of imports', () => {
  test('files that import each other by way of others are one circle', () => {
    const files = [file('a', ['b']), file('b', ['c']), file('c', ['a']), file('d', ['a'])]
    expect(circles(files, false)).toEqual([['a', 'b', 'c']])
  })

  test('a circle that types alone close is not a circle of values', () => {
    const files = [file('a', ['b']), file('b', [], ['a'])]
    expect(circles(files, false)).toEqual([])
    expect(circles(files, true)).toEqual([['a', 'b']])
  })

  test('circles that share no file stay apart', () => {
    const files = [file('a', ['b']), file('b', ['a', 'c']), file('c', ['d']), file('d', ['c'])]
    expect(circles(files, false)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })
})
