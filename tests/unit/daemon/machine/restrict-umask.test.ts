// Tests a data folder that an earlier version left open to other users of the machine.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Config, resolveConfig } from '../../../../host/config/config.ts'
import { type Env, readEnv } from '../../../../host/config/env.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { openData } from '../../../../host/daemon/compose/open-data.ts'

let folder: string
let config: Config
let env: Env
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-private-'))
  env = readEnv({ HOME: folder })
  config = resolveConfig(env, { data: join(folder, 'data') })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const rights = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('a daemon makes its data folder private and leaves the targets of links alone', async () => {
  const { root, receipts, apiToken, logs } = dataPaths(config.data)
  const deep = join(root, 'conductor', 'holochain', 'databases')
  for (const path of [deep, receipts, logs]) mkdirSync(path, { recursive: true, mode: 0o755 })
  const files = [
    apiToken,
    join(receipts, 'one.json'),
    join(deep, 'conductor.db-wal'),
    join(logs, 'ripple.log'),
  ]
  for (const file of files) {
    writeFileSync(file, 'x')
    chmodSync(file, 0o664)
  }
  const outside = join(folder, 'outside')
  writeFileSync(outside, 'x')
  chmodSync(outside, 0o644)
  symlinkSync(outside, join(root, 'link'))
  symlinkSync(join(folder, 'nowhere'), join(root, 'dangling'))
  await using stack = new AsyncDisposableStack()
  await openData({ config, env }, stack)
  expect(files.map(rights)).toEqual(files.map(() => '600'))
  expect([root, receipts, logs, deep, join(root, 'conductor')].map(rights)).toEqual([
    '700',
    '700',
    '700',
    '700',
    '700',
  ])
  expect(rights(outside)).toBe('644')
})
