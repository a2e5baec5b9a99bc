import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseModel } from '../../../../host/daemon/models/choose-model.ts'
import { ModelStore } from '../../../../host/models/store.ts'
import { tinyGguf } from '../../models/tiny-gguf.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-choose-'))
})
afterEach(() => rm(dir, { recursive: true, maxRetries: 5 }))

test.each([
  ['mine', 'RIPPLE_MODEL_UNREAD'],
  ['Qwen3-4B', 'RIPPLE_MODEL_MISSING'],
  ['nobody', 'RIPPLE_MODEL_UNKNOWN'],
])('the model %s, while the file of `mine` is read, is %s', async (name, code) => {
  await writeFile(join(dir, 'mine.gguf'), tinyGguf())
  using store = await ModelStore.open(dir)
  expect(() => chooseModel(name, store, [])).toThrow(expect.objectContaining({ code }))
})
