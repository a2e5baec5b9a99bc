// Makes real troubles on this machine, and looks for their names in what `doctor` concludes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import type { ConfigLayer } from '../../../../host/config/settings.ts'
import { makeDoctor } from '../../../../host/daemon/command/doctor.ts'
import { readFactsCode, writeFactsCode } from '../../../../host/doctor/facts-code.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { versions } from '../../../../host/setup/versions.mjs'
import type { MachineFacts } from '../../../../host/types/machine-facts.ts'
import { diskProblem, smallDisk } from '../../../harness/small-disk.ts'

const { signal } = new AbortController()
let home = ''
let server: Server
let url = ''
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ripple-doctor-'))
  mkdirSync(join(home, 'bin'))
  for (const [name, version] of Object.entries(versions))
    writeFileSync(join(home, 'bin', name), `#!/bin/sh\necho ${name} ${version}\n`, { mode: 0o755 })
  server = await listen()
  url = `http://127.0.0.1:${portOf(server)}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(home, { recursive: true, force: true })
})

/** Starts a server that answers as a bootstrap server does, by this machine's clock. */
async function listen(): Promise<Server> {
  const made = createServer((_request, response) => void response.end('{}'))
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done))
  return made
}

const portOf = (made: Server) => (made.address() as AddressInfo).port

interface Given {
  readonly settings?: ConfigLayer
  readonly variables?: Record<string, string>
}

/** Makes the examination of a machine without a daemon that would join the server's network `home`. */
function doctor({ settings = {}, variables = {} }: Given = {}) {
  const env = readEnv({ HOME: home, PATH: join(home, 'bin'), ...variables })
  const layer = { bootstrap_url: `${url}#home`, api: { port: 0 }, ...settings }
  const connect = async () => {
    throw new RippleError('RIPPLE_NO_DAEMON', { data: home })
  }
  return makeDoctor({ config: resolveConfig(env, layer), problem: null, env, connect })
}

async function conclude(given: Given = {}, other: string | null = null) {
  return doctor(given).examine(other, signal)
}

/** Makes the code of another machine, with some of its facts changed. */
async function codeOf(given: Given, change: (facts: MachineFacts) => Partial<MachineFacts>): Promise<string> {
  const facts = readFactsCode(await doctor(given).factsCode(signal))
  return writeFactsCode({ ...facts, name: 'b', ...change(facts) })
}

describe('a machine alone', () => {
  test('doctor names nothing on a machine in order', async () => {
    const { cause, conclusion, checks } = await conclude()
    expect(cause).toBeNull()
    expect(conclusion).toMatch(/^Nothing keeps this machine from working/)
    expect(checks.find(({ name }) => name === 'server')).toMatchObject({ level: 'ok' })
  })

  test('doctor names a port that another program holds', async () => {
    const port = portOf(server)
    const { cause, conclusion } = await conclude({ settings: { api: { port } } })
    expect(cause?.name).toBe('ports')
    expect(conclusion).toContain(`another program holds port ${port}, which the API needs`)
  })

  test('doctor names a server that is down', async () => {
    server.close()
    const { cause, conclusion } = await conclude()
    expect(cause?.name).toBe('server')
    expect(conclusion).toContain(`${url} does not answer [RIPPLE_BOOTSTRAP_DOWN]`)
    expect(conclusion).not.toContain('#home')
  })

  test('doctor names a proxy where the server does not answer', async () => {
    server.close()
    const variables = { HTTP_PROXY: 'http://ann:hunter2@proxy.example:3128' }
    const { cause, conclusion } = await conclude({ variables })
    expect(cause?.name).toBe('proxies')
    expect(conclusion).toContain('HTTP_PROXY=http://***@proxy.example:3128')
  })

  test.each([
    ['without its passphrase', false, ''],
    [
      'with a wrong passphrase',
      true,
      'Conductor ready.\nERROR Failed to spawn Lair keystore {"message":"internal"}\n',
    ],
  ])('doctor names a keystore %s', async (_what, hasPassphrase, log) => {
    const data = join(home, 'data')
    mkdirSync(join(data, 'conductor', 'lair'), { recursive: true })
    mkdirSync(join(data, 'logs'))
    if (hasPassphrase) writeFileSync(join(data, 'passphrase'), 'secret\n', { mode: 0o600 })
    writeFileSync(join(data, 'logs', 'conductor.log'), log)
    expect((await conclude({ settings: { data } })).cause?.name).toBe('keystore')
    writeFileSync(join(data, 'passphrase'), 'secret\n', { mode: 0o600 })
    writeFileSync(join(data, 'logs', 'conductor.log'), `${log}Conductor ready.\n`)
    expect((await conclude({ settings: { data } })).cause).toBeNull()
  })

  test.skipIf(diskProblem() !== null)('doctor names a full disk', async () => {
    using disk = smallDisk(join(home, 'disk'), 16)
    disk.fill()
    const { cause, conclusion } = await conclude({ settings: { data: join(disk.folder, 'data') } })
    expect(cause?.name).toBe('disk')
    expect(conclusion).toContain('0 B free, so nothing can be written [RIPPLE_DISK_FULL]')
  })

  test('doctor mentions models that are missing, and does not call that the cause', async () => {
    const { cause, checks } = await conclude()
    expect(checks.find(({ name }) => name === 'models')).toMatchObject({ level: 'warn' })
    expect(cause).toBeNull()
  })
})

describe('two machines by a code', () => {
  test('doctor names nothing for two machines in order', async () => {
    const { cause, with: other } = await conclude({}, await codeOf({}, () => ({})))
    expect([cause, other]).toEqual([null, 'b'])
  })

  const troubles: Array<[string, string, RegExp, Given, (facts: MachineFacts) => Partial<MachineFacts>]> = [
    ['another seed', 'seeds', /each is on a network of its own/, {}, () => ({})],
    [
      'other DNAs',
      'DNAs',
      /the DNAs of b are not those of this machine \(resource_mesh\)/,
      {},
      ({ dnas }) => ({ dnas: { ...dnas, resource_mesh: `uhC0k${'A'.repeat(48)}` } }),
    ],
    ['another version', 'versions', /b runs 99\.0\.0/, {}, () => ({ version: '99.0.0' })],
    [
      'another network',
      'networks',
      /this machine is on the network local, and b is on testnet/,
      { settings: { network: 'testnet', bootstrap_url: null } },
      () => ({ server: null }),
    ],
    [
      'a clock that is 10 min behind the clock of the same server',
      'server clock',
      /on b: the clock is 10 min behind that of the bootstrap server/,
      {},
      ({ at, server }) => ({ at: at - 600_000, server: server && { ...server, skew_ms: -600_000 } }),
    ],
    [
      'a clock that is 10 min ahead',
      'clocks',
      /the clock of b is \d+ min ahead of that of this machine/,
      {},
      ({ at }) => ({ at: at + 605_000, server: null }),
    ],
    [
      'another server',
      'servers',
      /this machine uses the bootstrap server .*, and b uses http:\/\/10\.9\.9\.9:41000/,
      {},
      ({ server }) => ({ server: server && { ...server, id: 'x', url: 'http://10.9.9.9:41000' } }),
    ],
  ]
  test.each(troubles)('doctor names %s', async (what, name, words, given, change) => {
    const other = what === 'another seed' ? { settings: { bootstrap_url: `${url}#cabin` } } : given
    const { cause, conclusion } = await conclude({}, await codeOf(other, change))
    expect(conclusion).toMatch(words)
    expect(cause?.name).toBe(name)
  })

  test('an address that refuses a connection is named', async () => {
    server.close()
    const closed = [`/ip4/127.0.0.1/tcp/${new URL(url).port}/p2p/12D3KooWx`]
    const { checks } = await conclude({}, await codeOf({}, () => ({ addresses: closed, server: null })))
    expect(checks.find(({ name }) => name === 'TCP')).toMatchObject({
      level: 'fail',
      detail: expect.stringContaining('refused'),
    })
  })
})

describe('a code', () => {
  test('a code is one line without secrets, and survives a mail that breaks it', async () => {
    const code = await doctor({ settings: { bootstrap_url: `${url}#hunter2` } }).factsCode(signal)
    expect(code).toMatch(/^ripple-doctor-1:[\w-]{200,4000}$/)
    const broken = code.replaceAll(/(.{60})/g, '$1\r\n  ')
    expect(JSON.stringify(readFactsCode(broken))).not.toContain('hunter2')
  })

  const damages: Array<[string, (code: string) => string, RegExp]> = [
    ['no more than its beginning', () => 'ripple-doctor-', /another version/],
    ['the code of another version', (code) => code.replace('-1:', '-2:'), /another version/],
    ['half a code', (code) => code.slice(0, code.length / 2), /cut off or damaged/],
    ['other characters', (code) => `${code}%`, /characters that no code has/],
    ['a bomb', () => writeFactsCode({ name: ' '.repeat(2 ** 24) } as MachineFacts), /too long|cut off/],
    ['other JSON', () => writeFactsCode([] as unknown as MachineFacts), /does not hold the facts/],
  ]
  test.each(damages)('%s is refused with the reason', async (_what, damage, reason) => {
    const code = damage(await doctor().factsCode(signal))
    await expect(conclude({}, code)).rejects.toMatchObject({
      code: 'RIPPLE_DOCTOR_CODE',
      message: expect.stringMatching(reason),
    })
  })
})
