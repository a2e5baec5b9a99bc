import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { bootstrapReadiness } from '../../../host/processes/bootstrap-server.ts'
import { conductorReadiness } from '../../../host/processes/conductor.ts'
import { readConductorManifest, renderConductorConfig } from '../../../host/processes/conductor-config.ts'
import { findProgram } from '../../../host/processes/find-program.ts'
import { readPassphrase } from '../../../host/processes/passphrase.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-conductor-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const settings = {
  folder: '/data/conductor',
  url: 'http://127.0.0.1:21999',
  adminPort: null,
  origin: 'ripple-secret',
  gossip: {
    initiate_interval_ms: 10_000,
    initiate_jitter_ms: 1_000,
    round_timeout_ms: 3_000,
    sign_again_ms: 30_000,
  },
  syncEveryMs: 700,
}

describe('renderConductorConfig', () => {
  test('the configuration has the fields of a 0.7 conductor', () => {
    const rendered = renderConductorConfig(readConductorManifest(), settings)
    expect(rendered.keystore).toBe('/data/conductor/lair')
    expect(parse(rendered.yaml)).toEqual({
      data_root_path: '/data/conductor/holochain',
      keystore: { type: 'lair_server_in_proc', lair_root: '/data/conductor/lair' },
      admin_interfaces: [{ driver: { type: 'websocket', port: 0, allowed_origins: 'ripple-secret,\u0001' } }],
      network: {
        bootstrap_url: 'http://127.0.0.1:21999',
        relay_url: 'http://127.0.0.1:21999',
        request_timeout_s: 8,
        target_arc_factor: 1,
        report: 'none',
        advanced: {
          coreBootstrap: { backoffMinMs: 500, backoffMaxMs: 1_000 },
          coreSpace: { reSignFreqMs: 5_000, reSignExpireTimeMs: 1_170_000 },
          irohTransport: { relayAllowPlainText: true },
          k2Gossip: {
            initiateIntervalMs: 10_000,
            minInitiateIntervalMs: 10_000,
            initiateJitterMs: 1_000,
            initialInitiateIntervalMs: 700,
            initiateBurstFactor: 20,
            roundTimeoutMs: 3_000,
          },
        },
      },
      restore_chain_quorum: 1,
      tuning_params: {
        sys_validation_retry_delay: { secs: 1, nanos: 0 },
        disable_self_validation: false,
      },
      db_sync_level: 'Full',
    })
  })

  test("the manifest's origins and delay are used unless others are given", () => {
    const told = { ...settings, origin: null, gossip: null, adminPort: 8_888 }
    const config = parse(renderConductorConfig(readConductorManifest(), told).yaml)
    expect(config.admin_interfaces[0].driver).toMatchObject({ port: 8_888, allowed_origins: '*' })
    expect(config.network.advanced.k2Gossip.initiateIntervalMs).toBe(100)
  })

  test("a folder too deep for the keystore's socket is refused", () => {
    const deep = { ...settings, folder: `/${'d'.repeat(100)}` }
    expect(() => renderConductorConfig(readConductorManifest(), deep)).toThrowError(
      expect.objectContaining({
        code: 'RIPPLE_CONFIG_INVALID',
        message: expect.stringContaining('shorter path'),
      }),
    )
  })

  test('an unknown variable in the manifest is refused', () => {
    const manifest = { ...readConductorManifest(), environment_path: `\${NOWHERE}/x` }
    expect(() => renderConductorConfig(manifest, settings)).toThrowError(/NOWHERE/)
  })
})

describe('readiness', () => {
  test('a conductor is ready by its port and then its word, among log lines', () => {
    const read = conductorReadiness()
    expect(read('Conductor ready.')).toBeNull()
    expect(read('INFO something ###ADMIN_PORT:4711### else')).toBeNull()
    expect(read('Conductor ready.')).toEqual({ adminPort: 4711 })
  })

  test('a bootstrap server is ready by two lines in any order', () => {
    const lines = ['#kitsune2_bootstrap_srv#running#', '#kitsune2_bootstrap_srv#listening#127.0.0.1:31000#']
    for (const [first = '', second = ''] of [lines, lines.toReversed()]) {
      const read = bootstrapReadiness()
      expect(read(first)).toBeNull()
      expect(read(second)).toEqual({ listening: '127.0.0.1:31000' })
    }
  })
})

describe('findProgram', () => {
  const never = new AbortController().signal
  const program = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\n${text}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const search = (more = {}) => ({
    name: 'engine',
    version: '1.2.3',
    explicit: null,
    path: '/no/such',
    toolsFolder: folder,
    ...more,
  })

  test('`findProgram` looks on PATH and then among the tools for the version', async () => {
    const file = program('engine', 'echo engine 1.2.3')
    expect(await findProgram(search(), never)).toBe(file)
    expect(await findProgram(search({ path: `/no/such:${folder}`, toolsFolder: '/none' }), never)).toBe(file)
  })

  test('`findProgram` tells another version from a missing program', async () => {
    program('engine', 'echo engine 1.2.4')
    await expect(findProgram(search(), never)).rejects.toMatchObject({
      code: 'RIPPLE_CONDUCTOR_VERSION',
      facts: { found: '1.2.4', wanted: '1.2.3' },
    })
    await expect(findProgram(search({ toolsFolder: '/none' }), never)).rejects.toMatchObject({
      code: 'RIPPLE_CONDUCTOR_MISSING',
    })
  })

  test('`findProgram` tries only an explicit path', async () => {
    program('engine', 'echo engine 1.2.3')
    await expect(findProgram(search({ explicit: '/none/engine' }), never)).rejects.toMatchObject({
      code: 'RIPPLE_CONDUCTOR_MISSING',
    })
  })
})

describe('readPassphrase', () => {
  test('a passphrase is made once and private to its owner', async () => {
    const file = join(folder, 'passphrase')
    const made = await readPassphrase(file, join(folder, 'lair'))
    expect(made.length).toBeGreaterThanOrEqual(43)
    expect(await readPassphrase(file, join(folder, 'lair'))).toBe(made)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toBe(`${made}\n`)
  })

  test('no passphrase is made for an existing keystore', async () => {
    await expect(readPassphrase(join(folder, 'passphrase'), folder)).rejects.toMatchObject({
      code: 'RIPPLE_PASSPHRASE',
    })
  })
})
