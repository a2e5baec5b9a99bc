import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { publishState } from '../../../../host/api/state-file.ts'
import type { Config } from '../../../../host/config/config.ts'
import type { Env } from '../../../../host/config/env.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { checkUps } from '../../../../host/daemon/command/checks.ts'
import type { ChainCapacityView } from '../../../../host/operations/context.ts'
import { statusView } from '../../api/status-view.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-checks-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs `doctor` on the chain of a daemon that runs here. */
async function chain(room: Partial<ChainCapacityView>) {
  const state = { url: 'http://127.0.0.1:1', token_file: 'token', pid: process.pid, version: '0' }
  await using _published = await publishState(dataPaths(folder).apiFile, state)
  const connect = async () => ({ call: async () => statusView(room) })
  const check = checkUps({ config: { data: folder } as Config, problem: null }, {} as Env, connect).find(
    ({ name }) => name === 'chain',
  )
  return check?.run(new AbortController().signal)
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
  const check = checkUps({ config: { data: folder } as Config, problem: null }, {} as Env, async () => {
    throw new TypeError('no daemon is asked')
  }).find(({ name }) => name === 'policies')
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

test('`doctor` mentions a large new model without waiting for it', async () => {
  const models = join(folder, 'models')
  await mkdir(models)
  await writeFile(join(models, 'large.gguf'), '')
  await truncate(join(models, 'large.gguf'), 2 ** 37)
  const given = { data: folder, cache: folder } as Config
  const connect = async () => ({ call: async () => null })
  const check = checkUps({ config: given, problem: null }, {} as Env, connect).find(
    ({ name }) => name === 'models',
  )
  expect(await check?.run(new AbortController().signal)).toMatchObject({
    level: 'warn',
    detail: 'none but large, which is not indexed yet',
  })
})

test('`doctor` fails a joined network without a server and warns of one without peers', async () => {
  const server = createServer((_request, response) => void response.end('{}'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}#k3v9`
  const look = (bootstrap_url: string | null, online: number | null) => {
    const status = { ...statusView({}), peers: { known: 1, online: online ?? 0 } }
    const config = { data: folder, network: 'local', network_file: null, bootstrap_url } as Config
    const checks = checkUps({ config, problem: null }, {} as Env, async () => ({ call: async () => status }))
    return checks.find(({ name }) => name === 'network')?.run(new AbortController().signal)
  }
  expect(await look(null, null)).toMatchObject({ level: 'ok' })
  expect(await look(url, null)).toMatchObject({ level: 'ok' })
  const state = { url: 'http://127.0.0.1:1', token_file: 'token', pid: process.pid, version: '0' }
  await using _published = await publishState(dataPaths(folder).apiFile, state)
  expect(await look(url, 0)).toMatchObject({ level: 'warn', detail: expect.stringContaining(url) })
  expect(await look(url, 1)).toMatchObject({ level: 'ok' })
  await new Promise((done) => server.close(done))
  expect(await look(url, 1)).toMatchObject({
    level: 'fail',
    detail: expect.stringContaining('RIPPLE_BOOTSTRAP_DOWN'),
  })
})
