import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeAtomic } from '../../../host/files/write-atomic.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-state-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('a file is replaced whole', async () => {
  const file = join(dir, 'a')
  await writeFile(file, 'the one before')
  await writeAtomic(file, 'new')
  expect([await readFile(file, 'utf8'), await readdir(dir)]).toEqual(['new', ['a']])
})

test.runIf(platform() === 'linux')('a full disk leaves the old file and nothing else', async () => {
  const file = join(dir, 'a')
  await writeFile(file, 'the one before')
  // Every write to this device is too much.
  await symlink('/dev/full', `${file}.tmp`)
  await expect(writeAtomic(file, 'new')).rejects.toMatchObject({ code: 'ENOSPC' })
  expect([await readFile(file, 'utf8'), await readdir(dir)]).toEqual(['the one before', ['a']])
})
