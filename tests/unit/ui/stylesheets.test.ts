import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ui = join(import.meta.dirname, '../../../host/ui')

/** The classes with which rules of a stylesheet begin. */
function classesOf(path: string): readonly string[] {
  const text = readFileSync(join(ui, path), 'utf8').replaceAll(/\/\*.*?\*\//gs, '')
  const selectors = [...text.matchAll(/([^{};]+)\{/g)].flatMap(([, list = '']) => list.split(','))
  return selectors.flatMap((one) => /^\s*\.([\w-]+)/.exec(one)?.[1] ?? [])
}

test('two views style no class of the same name, because a stylesheet stays once it was loaded', () => {
  const own = readdirSync(ui, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(views|bar)\/.*\.css$/.test(path))
    .flatMap((path) => [...new Set(classesOf(path))].map((name) => ({ name, path })))
  const shared = new Set(['base', 'parts', 'frame'].flatMap((name) => classesOf(`style/${name}.css`)))
  const twice = own.filter(
    ({ name, path }) => !shared.has(name) && own.some((other) => other.name === name && other.path !== path),
  )
  expect(twice).toEqual([])
})
