import { describe, expect, test } from 'vitest'
import { parseSources } from '../../house/parse.ts'

function parsed(text: string, path = 'host/a/x.ts') {
  return parseSources(new Map([[path, text]]))[0]
}

describe('functions of a source', () => {
  test('a signature over several lines belongs to its function', () => {
    const text = [
      'export async function post(',
      '  one: string,',
      '  two: { readonly three: () => void },',
      '): Promise<void> {',
      '  await one',
      '}',
    ].join('\n')
    expect(parsed(text)?.functions).toEqual([6])
  })

  test('methods, getters, constructors and arrow functions with a block count, each for itself', () => {
    const text = [
      'class Box {',
      '  constructor(readonly held: string) {}',
      '  get size() {',
      '    return [1].map((one) => {',
      '      return one',
      '    })',
      '  }',
      '  take = () => 1',
      '}',
    ].join('\n')
    expect(parsed(text)?.functions).toEqual([1, 5, 3])
  })

  test('braces and words in text, comments and regular expressions are not functions', () => {
    expect(parsed("const a = 'function b() {' // function c() {\nconst d = /=> \\{/\n")?.functions).toEqual(
      [],
    )
  })

  test('the doc comment of a function is not part of it', () => {
    expect(parsed('/**\n * Says so.\n */\nfunction a() {\n}\n')?.functions).toEqual([2])
  })
})

describe('imports of a source', () => {
  test('paths are given from the project folder, and packages by their name', () => {
    const text =
      "import { a } from './a.ts'\nimport b from '../b/c.ts'\nimport 'zod'\nexport { d } from './d.ts'\n"
    expect(parsed(text)?.imports.map(({ to }) => to)).toEqual([
      'host/a/a.ts',
      'host/b/c.ts',
      'zod',
      'host/a/d.ts',
    ])
  })

  test('imports of types are distinguished from those of values', () => {
    const text = [
      "import type { A } from './a.ts'",
      "export type { B } from './b.ts'",
      "type C = import('./c.ts').C",
      "import { d } from './d.ts'",
      "const e = await import('./e.ts')",
    ].join('\n')
    const types = parsed(text)?.imports.filter(({ typeOnly }) => typeOnly)
    expect(types?.map(({ to }) => to)).toEqual(['host/a/a.ts', 'host/a/b.ts', 'host/a/c.ts'])
    expect(parsed(text)?.imports).toHaveLength(5)
  })

  test('a plain JavaScript file is read too', () => {
    expect(parsed("import { a } from './a.mjs'\n", 'host/x.mjs')?.imports).toEqual([
      { to: 'host/a.mjs', typeOnly: false },
    ])
  })
})
