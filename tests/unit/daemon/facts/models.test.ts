import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderFacts } from '../../../../host/daemon/facts/models.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-facts-'))
})
afterEach(() => rm(folder, { recursive: true }))

const { signal } = new AbortController()

test('a missing models folder holds no model, and is not created', async () => {
  expect(await folderFacts(folder, signal)).toEqual({ names: [], indexing: [], problem: null })
  await expect(rm(join(folder, 'models'), { recursive: true })).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a large new model is mentioned without waiting for it', async () => {
  const models = join(folder, 'models')
  await mkdir(models)
  await writeFile(join(models, 'large.gguf'), '')
  await truncate(join(models, 'large.gguf'), 2 ** 37)
  expect(await folderFacts(folder, signal)).toEqual({ names: [], indexing: ['large'], problem: null })
})
