/** Tests the network, URL and name that a start takes over from the run before. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveConfig } from '../../../host/config/config.ts'
import { readEnv } from '../../../host/config/env.ts'
import { writeLastNetwork } from '../../../host/config/last-network.ts'
import { readNetwork } from '../../../host/config/network.ts'
import type { ConfigLayer } from '../../../host/config/settings.ts'
import { serveRelay } from '../../../host/daemon/command/serve-relay.ts'

const url = 'http://192.168.1.20:41000#k3v9'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-last-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The settings of a start on the same data folder. */
function start(flags: ConfigLayer = {}, variables: Record<string, string> = {}) {
  const env = readEnv({ HOME: folder, ...variables })
  return resolveConfig(env, { data: join(folder), ...flags })
}

test("a start without options uses the last run's network, URL and name", async () => {
  await writeLastNetwork(start({ bootstrap_url: url, name: 'attic' }))
  expect(start()).toMatchObject({ network: 'local', bootstrap_url: url, name: 'attic', joins: 'last' })
  expect(start({ network: 'local' })).toMatchObject({ bootstrap_url: url, joins: 'last' })
  await writeLastNetwork(start({ network: 'testnet' }))
  expect(start()).toMatchObject({ network: 'testnet', bootstrap_url: null })
})

test('a start that names another URL or network does not use the last one', async () => {
  await writeLastNetwork(start({ bootstrap_url: url }))
  const other = 'http://10.0.0.1:1#x'
  expect(start({ bootstrap_url: other })).toMatchObject({ bootstrap_url: other, joins: 'named' })
  expect(start({}, { RIPPLE_BOOTSTRAP_URL: other })).toMatchObject({ bootstrap_url: other, joins: 'named' })
  expect(start({ network: 'testnet' })).toMatchObject({ network: 'testnet', bootstrap_url: null })
})

test('a start with a local network of its own has no URL, whatever the file and last run say', async () => {
  await writeLastNetwork(start({ bootstrap_url: url, name: 'attic' }))
  writeFileSync(join(folder, 'config.yaml'), `bootstrap_url: ${url}\n`)
  const variables = { RIPPLE_CONFIG: join(folder, 'config.yaml') }
  const named = start({ local: { name: 'attic' }, bootstrap_url: null }, variables)
  expect(named).toMatchObject({ bootstrap_url: null, joins: 'named', local: { name: 'attic' } })
  await writeLastNetwork(named)
  expect(start()).toMatchObject({ bootstrap_url: null, joins: 'last', local: { name: 'attic' } })
})

test('a first start joins the local network `home`, and so does a folder whose last run knew no names', async () => {
  expect(start()).toMatchObject({ network: 'local', joins: 'new', local: { name: 'home' } })
  writeFileSync(join(folder, 'last-network.json'), '{"network":"local","bootstrap_url":null,"name":"attic"}')
  expect(start()).toMatchObject({ name: 'attic', joins: 'last', local: { name: 'home' } })
})

test("a start uses the last run's URL if the configuration names no server", async () => {
  await writeLastNetwork(start({ bootstrap_url: url }))
  writeFileSync(join(folder, 'config.yaml'), 'bootstrap_url: null\n')
  const variables = { RIPPLE_CONFIG: join(folder, 'config.yaml') }
  const origins = { bootstrap_url: 'last run', network: 'last run', data: 'command line' }
  expect(start({}, variables)).toMatchObject({ bootstrap_url: url, joins: 'last', origins })
})

test("a damaged note of the last run is an error with the file's name and stays", () => {
  const file = join(folder, 'last-network.json')
  for (const text of ['{"network":', '', '{"network":7}']) {
    writeFileSync(file, text)
    const damaged = { code: 'RIPPLE_NOTE_DAMAGED', hint: expect.stringContaining('--bootstrap') }
    expect(() => start()).toThrow(
      expect.objectContaining({ ...damaged, message: expect.stringContaining(file) }),
    )
    expect(readFileSync(file, 'utf8')).toBe(text)
  }
})

test('a start that names its network needs no note of the last run', () => {
  writeFileSync(join(folder, 'last-network.json'), '{"network":')
  expect(start({ bootstrap_url: url })).toMatchObject({ bootstrap_url: url, joins: 'named' })
  expect(start({ local: { name: 'attic' } })).toMatchObject({ bootstrap_url: null, joins: 'named' })
})

test('a damaged list of served sessions is an error that names the file', async () => {
  const file = join(folder, 'bootstrap.json')
  writeFileSync(file, '{"local 127')
  const wish = {
    config: start(),
    env: readEnv({ HOME: folder }),
    listen: '127.0.0.1:0',
    tls: null,
    anew: false,
  }
  const serving = serveRelay(wish, AbortSignal.timeout(5_000))
  await expect(serving).rejects.toMatchObject({ code: 'RIPPLE_NOTE_DAMAGED', facts: { file } })
  expect(readFileSync(file, 'utf8')).toBe('{"local 127')
})

test('a network file of several documents is refused in plain words', () => {
  const file = join(folder, 'net.yaml')
  writeFileSync(file, 'name: local\n---\nname: local\n')
  expect(() => readNetwork('local', file)).toThrow("its file has a second document: remove the line '---'")
})
