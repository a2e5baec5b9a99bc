// Writes archives for bug reports, and looks for secrets in them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { makeDoctor } from '../../../../host/daemon/command/doctor.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'

const { signal } = new AbortController()
let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ripple-report-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** The secrets of the machine of these tests, by where they stand. */
const planted = {
  token: 'tokentokentokentokentokentoken',
  passphrase: 'correct-horse-battery-staple',
  origin: 'origin-7f3a9c2e5b8d',
  network: 'kitchen-table-4711',
  argument: 'argument-of-a-program-99',
  provider: 'sk-proj-abcdefghijklmnopqrstuvwx',
  proxy: 'hunter2hunter2',
}

/** Makes a data folder with every kind of secret, also in its logs. */
function machine() {
  const data = join(home, 'data')
  for (const folder of ['conductor', 'logs']) mkdirSync(join(data, folder), { recursive: true })
  writeFileSync(join(data, 'api.token'), `${planted.token}\n`)
  writeFileSync(join(data, 'passphrase'), `${planted.passphrase}\n`)
  writeFileSync(
    join(data, 'conductor', 'conductor.yaml'),
    `admin_interfaces:\n  - driver: { allowed_origins: ${planted.origin} }\n`,
  )
  const { argument: _argument, proxy: _proxy, ...logged } = planted
  const line = Object.values(logged).join(' ')
  writeFileSync(
    join(data, 'logs', 'ripple.log'),
    `{"msg":"joined","server":"http://10.0.0.1:41000#${planted.network}","at":"${data}"}\n${line}\n`,
  )
  writeFileSync(join(data, 'logs', 'conductor.log'), `${'x'.repeat(100)}\n`.repeat(4_000))
  const variables = { HTTPS_PROXY: `http://ann:${planted.proxy}@proxy.example:3128` }
  const env = readEnv({ HOME: home, PATH: '', ...variables })
  const config = resolveConfig(env, {
    data,
    bootstrap_url: `http://127.0.0.1:9#${planted.network}`,
    upstream: {
      providers: [
        {
          kind: 'command',
          name: 'tool',
          models: ['m'],
          command: ['/usr/bin/tool', '--pass', planted.argument],
        },
      ],
    },
  })
  const connect = async () => {
    throw new RippleError('RIPPLE_NO_DAEMON', { data })
  }
  return makeDoctor({ config, problem: null, env, connect })
}

test('an archive has facts, checks, settings and the ends of the logs, and no secret', async () => {
  const file = join(home, 'report.tar.gz')
  const { entries } = await machine().bundle(file, signal)
  expect(entries).toEqual([
    'facts.json',
    'checks.json',
    'config.json',
    'logs/ripple.log',
    'logs/conductor.log',
  ])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const to = join(home, 'unpacked')
  mkdirSync(to)
  execFileSync('tar', ['-xzf', file, '-C', to])
  const texts = Object.fromEntries(entries.map((name) => [name, readFileSync(join(to, name), 'utf8')]))
  const all = Object.values(texts).join('\n')
  expect(Object.entries(planted).filter(([, secret]) => all.includes(secret))).toEqual([])
  expect(texts['facts.json']).toContain('http://***@proxy.example:3128')
  expect(all).not.toContain(home)
  expect(JSON.parse(texts['facts.json'] ?? '').name).toEqual(expect.any(String))
  expect(JSON.parse(texts['checks.json'] ?? '').conclusion).toMatch(/cause/)
  expect(texts['logs/conductor.log']?.length).toBeLessThanOrEqual(256 * 1024)
  expect(texts['logs/conductor.log']).toMatch(/^x{100}\n/)
})

test('an archive never replaces a file', async () => {
  const file = join(home, 'mine.txt')
  writeFileSync(file, 'mine')
  await expect(machine().bundle(file, signal)).rejects.toMatchObject({ code: 'RIPPLE_FILE_UNWRITABLE' })
  expect(readFileSync(file, 'utf8')).toBe('mine')
})
