// Tests that proxies of the environment see no traffic of commands and daemons within this machine.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RecordingProxy, recordingProxy } from '../../harness/recording-proxy.ts'
import { statusView } from '../api/status-view.ts'
import { listeningApi, token } from '../api/stub-api.ts'

const run = promisify(execFile)
const project = resolve(import.meta.dirname, '../../..')

let data: string
let proxy: RecordingProxy
let api: Awaited<ReturnType<typeof listeningApi>>
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'ripple-proxy-'))
  proxy = await recordingProxy()
  api = await listeningApi({ status: async () => statusView({}) })
  const token_file = join(data, 'api.token')
  writeFileSync(token_file, `${token}\n`)
  writeFileSync(
    join(data, 'api.json'),
    JSON.stringify({ url: api.url, token_file, pid: process.pid, version: '0' }),
  )
})
afterEach(async () => {
  await api.app.close()
  await proxy[Symbol.asyncDispose]()
  rmSync(data, { recursive: true, force: true })
})

/** The environments in which some program or other takes a proxy; `P` stands for its URL. */
const environments: [string, Record<string, string>][] = [
  ['NODE_USE_ENV_PROXY and HTTP_PROXY', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'P' }],
  ['NODE_USE_ENV_PROXY and http_proxy', { NODE_USE_ENV_PROXY: '1', http_proxy: 'P' }],
  ['NODE_OPTIONS=--use-env-proxy', { NODE_OPTIONS: '--use-env-proxy', HTTP_PROXY: 'P', HTTPS_PROXY: 'P' }],
  ['ALL_PROXY', { NODE_USE_ENV_PROXY: '1', ALL_PROXY: 'P', all_proxy: 'P', HTTP_PROXY: 'P' }],
  ['another host in NO_PROXY', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'P', NO_PROXY: 'intranet.example' }],
  ['another host in no_proxy', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'P', no_proxy: 'intranet.example' }],
  ['an empty no_proxy', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'P', no_proxy: '' }],
  [
    'different hosts in both',
    { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'P', NO_PROXY: 'a.example', no_proxy: 'b.example' },
  ],
]

/** Runs Node in one of the environments, without those of this process. */
function node(env: Record<string, string>, ...words: string[]) {
  const set = Object.entries(env).map(([name, value]) => [name, value === 'P' ? proxy.url : value])
  const { PATH = '', HOME = '' } = process.env
  return run(process.execPath, words, { cwd: project, env: { PATH, HOME, ...Object.fromEntries(set) } })
}

describe('a command', () => {
  it.each(environments)(
    'a command asks its daemon without a proxy if the environment has %s',
    async (_, env) => {
      const { stdout } = await node(env, 'host/cli/ripple.mjs', 'status', '--json', '--data', data)
      expect(JSON.parse(stdout)).toHaveProperty('agent')
      expect(proxy.heard()).toBe('')
    },
  )
})

/** A program that begins as all of ours do, and then asks each of its URLs in each of Node's ways. */
const asking = `
  import { get } from 'node:http'
  import { takeEnv, askDirectly } from './host/config/env.ts'
  takeEnv()
  askDirectly(['127.0.0.2'])
  for (const url of process.argv.slice(1)) {
    await fetch(url).then((answer) => answer.text()).catch(() => {})
    await new Promise((done) => get(url, (answer) => answer.resume().on('end', done)).on('error', done))
  }
`

describe('a program of Ripple', () => {
  it.each(environments)(
    'a program asks loopback by any name without a proxy if the environment has %s',
    async (_, env) => {
      const names = ['127.0.0.1', 'localhost', '127.0.0.2', '[::1]', 'box.localhost']
      const urls = names.map((name) => `http://${name}:${api.port}/healthz?${token}`)
      await node(env, '--input-type=module', '-e', asking, ...urls)
      expect(proxy.heard()).toBe('')
    },
  )

  it("a program asks other hosts through the user's proxy", async () => {
    const [, env] = environments[0] ?? ['', {}]
    await node(env, '--input-type=module', '-e', asking, 'http://provider.invalid/v1')
    expect(proxy.heard().match(/provider\.invalid/g)?.length).toBeGreaterThanOrEqual(2)
  })

  it("children inherit the user's NO_PROXY with this machine added", async () => {
    const child = `
      import { execFileSync } from 'node:child_process'
      import { childEnv, takeEnv } from './host/config/env.ts'
      takeEnv()
      process.stdout.write(execFileSync('env', { env: childEnv(), encoding: 'utf8' }))
    `
    const { stdout } = await node(
      { HTTP_PROXY: 'P', NO_PROXY: 'a.example, .b.example' },
      '--input-type=module',
      '-e',
      child,
    )
    const lines = stdout.split('\n')
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const value = lines.find((line) => line.startsWith(`${name}=`)) ?? ''
      for (const host of ['a.example', '.b.example', 'localhost', '127.0.0.1', '::1'])
        expect(value.slice(9).split(',')).toContain(host)
    }
  })

  it('a lone star in NO_PROXY stays as it is', async () => {
    const child = `
      import { takeEnv } from './host/config/env.ts'
      takeEnv()
      process.stdout.write(process.env.NO_PROXY)
    `
    const { stdout } = await node({ HTTP_PROXY: 'P', NO_PROXY: '*' }, '--input-type=module', '-e', child)
    expect(stdout).toBe('*')
  })
})

describe('a malformed proxy', () => {
  // Node itself reads the variables before our code runs; an older Node that starts a command does not.
  const asOldNode = '--no-use-env-proxy'

  it.each([
    ['HTTPS_PROXY', 'proxy.invalid:3128', { NODE_USE_ENV_PROXY: '1' }],
    ['HTTP_PROXY', '192.0.2.1:3128', { NODE_USE_ENV_PROXY: '1' }],
    ['https_proxy', 'ann:hunter2@proxy.invalid:3128', { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'P' }],
    ['HTTP_PROXY', 'http://', { NODE_USE_ENV_PROXY: '1' }],
  ])('a malformed proxy is refused by its variable, %s, without its value %s', async (name, value, more) => {
    const env = { ...more, [name]: value }
    const ran = node(env, asOldNode, 'host/cli/ripple.mjs', 'up', '--data', join(data, 'none'))
    await expect(ran).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: `error: ${name} is not the URL of a proxy [RIPPLE_CONFIG_INVALID]\nhint: set it to a URL such as http://proxy.example:3128\n`,
    })
    const setUp = node(env, asOldNode, 'host/setup/bootstrap.mjs', 'start', '--help')
    await expect(setUp).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`error: ${name} is not the URL`),
    })
  })

  it('a malformed proxy matters only if Node would read it', async () => {
    const { stdout } = await node({ HTTPS_PROXY: 'proxy.invalid:3128' }, 'host/cli/ripple.mjs', '--version')
    expect(stdout).not.toBe('')
  })
})

describe('doctor', () => {
  it('`doctor` names the proxies of the environment without their passwords', async () => {
    const env = {
      HTTPS_PROXY: 'http://ann:hunter2@proxy.example:3128',
      http_proxy: 'bob:hunter3@other.example:8080',
    }
    const { stdout } = await node(
      env,
      'host/cli/ripple.mjs',
      'doctor',
      '--json',
      '--data',
      join(data, 'none'),
    ).catch((failed: { stdout: string }) => failed)
    expect(stdout).toContain('HTTPS_PROXY=http://***@proxy.example:3128')
    expect(stdout).toContain('http_proxy=http://***@other.example:8080')
    expect(stdout).not.toMatch(/hunter|ann|bob/)
  })
})
