import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

test('each term of the glossary names a file that exists and holds its type or field', () => {
  const rows = readFileSync(join(root, 'docs/GLOSSARY.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| .*`/.test(line))
  const wrong = rows.filter((row) => {
    const [name = '', file = ''] = [...(row.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)].map(
      (match) => match[1] ?? '',
    )
    const path = join(root, file.includes('/') ? file : `zomes-bindings/generated/${file}`)
    return !existsSync(path) || !new RegExp(`\\b${name}\\b`).test(readFileSync(path, 'utf8'))
  })
  expect(rows.length).toBeGreaterThan(0)
  expect(wrong).toEqual([])
})
