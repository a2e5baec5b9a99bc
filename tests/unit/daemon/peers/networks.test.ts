import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { readPrivateNetwork, writePrivateNetwork } from '../../../../host/config/private-networks.ts'
import { openNetworks } from '../../../../host/daemon/peers/networks.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { type Invite, writeInvite } from '../../../../host/membership/invite-line.ts'
import { openPeerKey, signingKey } from '../../../../host/net/peer-key.ts'

let folder = ''
let pid: number | null = null
const data = () => join(folder, 'data')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-networks-'))
  pid = null
  await mkdir(data())
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function networks() {
  const xdg = { config: null, data: null, cache: null, state: null }
  const env = { ...readEnv(), home: folder, ripple: {}, xdg }
  return openNetworks({
    data: data(),
    configure: (flags) => resolveConfig(env, { ...flags, data: data() }),
    pid: async () => pid,
  })
}

async function lineOf(change: Partial<Invite>): Promise<string> {
  const key = signingKey(await openPeerKey(join(folder, 'inviter.key')))
  const invite: Invite = {
    network: 'local',
    localName: 'family-0123456789',
    founder: key.publicKey,
    server: null,
    addresses: ['/ip4/192.168.1.20/tcp/4001'],
    inviter: key.publicKey,
    id: '0011223344556677',
    expiresAt: Date.now() + 60_000,
    once: false,
    ...change,
  }
  return writeInvite(invite, key)
}

test('a new data folder knows the default network alone', async () => {
  expect(await networks().list()).toEqual([
    expect.objectContaining({ name: 'home', private: false, role: 'open', current: true }),
  ])
  expect(await readdir(data())).toEqual([])
})

test('a created network is private, is the next one, and is found by the beginning of its name', async () => {
  const made = await networks().create('family')
  expect(made).toMatchObject({ private: true, role: 'founder', current: true })
  expect(made.name).toMatch(/^family-[0-9a-f]{10}$/)
  expect(made.founder?.startsWith(made.name.slice('family-'.length))).toBe(true)
  await networks().use('home')
  expect(await networks().show(null)).toMatchObject({ name: 'home', current: true })
  expect(await networks().use('family')).toEqual({ ...made, current: true })
  expect(await networks().show('family')).toEqual({ ...made, current: true })
  await expect(networks().create('family')).rejects.toMatchObject({ code: 'RIPPLE_NETWORK_EXISTS' })
  await expect(networks().show('work')).rejects.toMatchObject({ code: 'RIPPLE_NETWORK_UNKNOWN' })
})

test('an accepted invite notes its private network and names the settings of the start', async () => {
  const joining = await networks().accept(await lineOf({}), new AbortController().signal)
  expect(joining.flags).toEqual({
    network: 'local',
    local: { name: 'family-0123456789' },
    bootstrap_url: null,
    net: { peers: ['/ip4/192.168.1.20/tcp/4001'] },
  })
  expect(await networks().show('family')).toMatchObject({ role: 'invited', current: false, agent: null })
  const open = await networks().accept(
    await lineOf({ founder: null, localName: 'home', server: 'http://192.168.1.20:41000' }),
    new AbortController().signal,
  )
  expect(open.flags).toEqual({ network: 'local', bootstrap_url: 'http://192.168.1.20:41000#home' })
  expect([joining.line, open.line]).toEqual([null, null])
})

test.each<[string, (line: string) => string | Promise<string>, string]>([
  ['a cut line', (line) => line.slice(0, -9), 'RIPPLE_INVITE_INVALID'],
  ['an expired invite', () => lineOf({ expiresAt: 1_000 }), 'RIPPLE_INVITE_EXPIRED'],
])('%s leaves the data folder as it was', async (_what, change, code) => {
  const line = await change(await lineOf({}))
  await expect(networks().accept(line, new AbortController().signal)).rejects.toMatchObject({ code })
  expect(await readdir(data())).toEqual([])
})

test('an invite to another network than that of the data folder is refused', async () => {
  await writeFile(dataPaths(data()).network, 'testnet\n')
  await expect(networks().accept(await lineOf({}), new AbortController().signal)).rejects.toMatchObject({
    code: 'RIPPLE_DATA_OTHER_NETWORK',
  })
  expect(await readdir(data())).toEqual(['network'])
})

test('an invite with another founder than that of a known network is refused', async () => {
  await networks().accept(await lineOf({}), new AbortController().signal)
  const forged = await lineOf({ founder: 'ab'.repeat(32) })
  await expect(networks().accept(forged, new AbortController().signal)).rejects.toMatchObject({
    code: 'RIPPLE_INVITE_INVALID',
  })
})

test('an invite is not taken while a daemon runs on the data folder', async () => {
  pid = process.pid
  await expect(networks().accept(await lineOf({}), new AbortController().signal)).rejects.toMatchObject({
    code: 'RIPPLE_DATA_IN_USE',
  })
})

test('an invite to a network with strangers carries its line, also while a daemon runs on the data folder', async () => {
  pid = process.pid
  const line = await lineOf({ founder: null, localName: 'home' })
  const joining = await networks().accept(` ${line}\n`, new AbortController().signal)
  expect(joining).toMatchObject({ name: 'home', line })
})

test.each([
  ['the network of the last run', '{"network":"local"}\n'],
  ['no network', null],
])('a failed join leaves %s for the next start', async (_what, before) => {
  const file = dataPaths(data()).lastNetwork
  if (before !== null) await writeFile(file, before)
  const line = await lineOf({ founder: null, localName: 'work' })
  const joining = await networks().accept(line, new AbortController().signal)
  await writeFile(file, '{"network":"local","local":"work"}\n')
  await joining.failed(new RippleError('RIPPLE_INVITE_REFUSED', { detail: 'it has expired' }))
  expect(await readFile(file, 'utf8').catch(() => null)).toBe(before)
})

test('a refused join leaves no network; one whose answer may be lost stays, with its key', async () => {
  const name = 'family-0123456789'
  const refused = new RippleError('RIPPLE_INVITE_REFUSED', {
    detail: 'another machine has joined with it already',
  })
  const first = await networks().accept(await lineOf({}), new AbortController().signal)
  await first.failed(refused)
  expect(await readPrivateNetwork(data(), name)).toBeNull()
  const second = await networks().accept(await lineOf({}), new AbortController().signal)
  const noted = await readPrivateNetwork(data(), name)
  if (noted === null) throw new Error('the invite was not noted')
  await writePrivateNetwork(data(), { ...noted, asked_for: 'a key' })
  await second.failed(new RippleError('RIPPLE_INVITER_UNREACHABLE', { addresses: '' }))
  expect(await readPrivateNetwork(data(), name)).toMatchObject({ asked_for: 'a key' })
})
