import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { measureHouse } from '../../house/measure.ts'
import { table } from '../../house/table.ts'

test('a tree is measured without generated files, and its table shows each target', async () => {
  const root = await tree({
    'README.md': 'A readme.\n',
    'docs/PAGE.md': `${'Word '.repeat(36)}.\n`,
    'zomes-bindings/generated/Task.ts': 'export type Task = string\n',
    'zomes-bindings/index.ts': "export type { Task } from './generated/Task.ts'\n",
    'host/types/a.ts': "/** Says so. */\nimport { b } from '../work/b.ts'\nexport const a = b\n",
    'host/work/b.ts': 'export function b() {\n  return 1\n}\n',
    'host/ui/style.css': 'a {\n}\n',
    'host/new/c.ts': 'export const c = 1\n',
  })
  const { sections, places } = measureHouse(root)
  expect(sections.code.map(({ what, now }) => [what, now.files, now.lines])).toContainEqual(['host/', 4, 9])
  expect(places).toMatchObject({
    'upward imports': ['host/types/a.ts -> host/work/b.ts'],
    'files without a floor': ['host/new/c.ts'],
    'circles with types': [],
  })
  expect(sections.prose.map(({ what }) => what)).toEqual(['README.md', 'docs/PAGE.md', 'comments of host'])

  const lines = table(sections).split('\n')
  expect(lines.find((line) => line.startsWith('upward imports'))).toMatch(/ 1 <= 3$/)
  expect(lines.find((line) => line.startsWith('files without a floor'))).toMatch(/ 1 > 0$/)
  expect(lines.find((line) => line.startsWith('docs/PAGE.md'))).toMatch(/ 100\.0 .* 1 > 0 /)
})

/** A folder with the given files, removed after the test. */
async function tree(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ripple-house-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}
