import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { claimPart, dropParts, leavePart } from '../../../host/models/part.ts'

let dir: string
let path: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-part-'))
  path = join(dir, 'a.gguf')
})
afterEach(() => rm(dir, { recursive: true }))

test('what this process writes is its own until it is left', async () => {
  const part = await claimPart(path)
  await writeFile(part, 'a mo')
  const other = await claimPart(path)
  expect(other).not.toBe(part)
  await dropParts(path)
  expect(await readFile(part, 'utf8')).toBe('a mo')
  await leavePart(path, part)
  expect(await readFile(await claimPart(path), 'utf8')).toBe('a mo')
})

const linux = process.platform === 'linux'
test.each([
  ['this process, which does not write it,', `${process.pid}-0123abcd`, true],
  ['an earlier process of the id of this one', `${process.pid}-1-0123abcd`, true],
  ['an earlier process of the id of another one', `${process.ppid}-1-0123abcd`, linux],
  ['a process that lives', `${process.ppid}-0123abcd`, false],
])('a part of %s is taken over where nobody writes it', async (_whose, mark, taken) => {
  const left = `a.gguf.${mark}.part`
  await writeFile(join(dir, left), 'a mo')
  const part = await claimPart(path)
  const there = await readdir(dir)
  expect(there.includes(left)).toBe(!taken)
  if (taken) expect(await readFile(part, 'utf8')).toBe('a mo')
})
