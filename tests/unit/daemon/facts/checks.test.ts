import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Config } from '../../../../host/config/config.ts'
import type { Env } from '../../../../host/config/env.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { type CheckNeeds, checkUps } from '../../../../host/daemon/facts/checks.ts'
import type { ChainCapacityView } from '../../../../host/operations/context.ts'
import { statusView } from '../../api/status-view.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-checks-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Finds a check of a machine with this folder. */
function checkOf(wanted: string, status: CheckNeeds['status']) {
  const all = checkUps({ config: { data: folder } as Config, problem: null, env: {} as Env, status })
  return all.find(({ name }) => name === wanted)
}

/** Runs `doctor` on the chain of a daemon that runs. */
function chain(room: Partial<ChainCapacityView>) {
  return checkOf('chain', async () => statusView(room))?.run(new AbortController().signal)
}

test('`doctor` warns of a chain only when it is nearly full', async () => {
  expect(await chain({})).toMatchObject({
    level: 'ok',
    detail: expect.stringContaining('at least 830 more tasks'),
  })
  expect(await chain({ tight: true, posts: 12, runs: 37 })).toEqual({
    level: 'warn',
    detail:
      'nearly full: until 2026-11-23T00:00:00Z it takes at least 12 more tasks posted here, or 37 of others',
    fix: 'wait for open tasks to end, or post from another machine',
  })
})

test.each([
  ['text', (file: string) => writeFile(file, 'no wasm'), 'it is not a wasm module'],
  ['a folder', (file: string) => mkdir(file), 'it is a folder, not a file'],
])('`doctor` passes the shipped policies and finds an own one that is %s', async (_what, make, why) => {
  const check = checkOf('policies', async () => {
    throw new TypeError('no daemon is asked')
  })
  const run = () => check?.run(new AbortController().signal)
  expect(await run()).toMatchObject({
    level: 'ok',
    detail: expect.stringMatching(/^\d+ policies, as shipped$/),
  })
  const { policies } = dataPaths(folder)
  await mkdir(policies, { recursive: true })
  await make(join(policies, 'egress.wasm'))
  expect(await run()).toMatchObject({
    level: 'fail',
    detail: expect.stringMatching(`egress refuses everything: .*${why}`),
    fix: `fix or remove ${join(policies, 'egress.wasm')}`,
  })
})
