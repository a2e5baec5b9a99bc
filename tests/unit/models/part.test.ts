import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
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

test('the most that was left is taken over, and less does not take its place', async () => {
  const ended = `a.gguf.${process.pid}-0123abcd.part`
  await writeFile(join(dir, ended), 'a mo')
  await writeFile(`${path}.part`, 'a')
  const part = await claimPart(path)
  expect(await readFile(part, 'utf8')).toBe('a mo')
  await writeFile(`${path}.part`, 'a mod')
  await leavePart(path, part)
  expect(await readdir(dir)).toEqual(['a.gguf.part'])
  expect(await readFile(`${path}.part`, 'utf8')).toBe('a mod')
})

test('nothing is left of a file that is thrown away, pip had its folder or not', async () => {
  const lives = `a.gguf.${process.ppid}-0123abcd.part`
  for (const mark of [`${process.pid}-0123abcd`, 'a.whl', `${process.ppid}-0123abcd`]) {
    await writeFile(join(dir, `a.gguf.${mark}.part`), 'a mo')
    await mkdir(join(dir, `a.gguf.${mark}.part.scratch`, 'wheels'), { recursive: true })
  }
  await dropParts(path)
  expect((await readdir(dir)).sort()).toEqual([lives, `${lives}.scratch`])
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

describe.runIf(linux)('a part of a process that cannot be seen from here', () => {
  // Two containers that share a cache may both have their daemon under this id.
  const left = `a.gguf.${process.pid}-1-7-0123abcd.part`
  const write = () => writeFile(join(dir, left), 'a mo')

  test('is left alone while it is written there', async () => {
    await write()
    const writing = setInterval(() => void write(), 50)
    try {
      await claimPart(path)
      await dropParts(path)
      expect(await readdir(dir)).toEqual([left])
    } finally {
      clearInterval(writing)
    }
  })

  test('is taken over once nothing has been written there for a while', async () => {
    await write()
    const then = new Date(Date.now() - limits.model_part_silent_ms + 1_000)
    await utimes(join(dir, left), then, then)
    expect(await readFile(await claimPart(path), 'utf8')).toBe('a mo')
  })
})
