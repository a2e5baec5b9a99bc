import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { unknownVariables } from '../../../host/config/config.ts'
import { childEnv, daemonEnv, readEnv, takeEnv } from '../../../host/config/env.ts'
import { environmentSecrets, Secret, secretChain } from '../../../host/config/secrets.ts'
import { secretFiles } from '../../../host/config/secrets-file.ts'
import { openSecrets } from '../../../host/daemon/compose/open-secrets.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { openLog } from '../../../host/telemetry/log.ts'

const VALUE = 'q9-Zt4-not-a-real-key'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-secrets-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

const files = (words = 'the passphrase') =>
  secretFiles({ folder: join(folder, 'secrets'), passphrase: async () => words })
const bytes = (text: string) => Buffer.from(text)
const fileOf = (name: string) => join(folder, 'secrets', `${name}.json`)

describe('a Secret', () => {
  it('a secret shows itself nowhere', () => {
    const secret = new Secret(VALUE)
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ deep: [secret] }),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      JSON.stringify({ ...secret }),
      new RippleError('RIPPLE_INTERNAL', { detail: `${secret}` }).message,
    ].join('\n')
    expect(shown).toContain('[secret]')
    expect(shown).not.toContain(VALUE)
    expect(secret.reveal()).toBe(VALUE)
  })

  it('a secret shows itself in no log', () => {
    const file = join(folder, 'ripple.log')
    using open = openLog(file, 'debug')
    open.log.info({ provider: { credential: new Secret(VALUE) } }, `${new Secret(VALUE)}`)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('[secret]')
    expect(text).not.toContain(VALUE)
  })
})

describe('the environment', () => {
  const env = readEnv({ HOME: '/', RIPPLE_SECRET_ACME: VALUE, RIPPLE_SECRET_EMPTY: '', RIPPLE_SECRET_: 'x' })

  it('the environment gives secrets by name, apart from the settings', async () => {
    const link = environmentSecrets(env.secrets)
    expect(await link.names()).toEqual(['acme'])
    expect((await link.get('acme'))?.reveal()).toBe(VALUE)
    expect(await link.get('toString')).toBeNull()
    expect(JSON.stringify(env)).not.toContain(VALUE)
    expect(unknownVariables(env)).toEqual([])
  })

  it('secrets leave the environment once read and are handed to an own daemon', async () => {
    const own = { HOME: '/', RIPPLE_SECRET_ACME: VALUE, 'RIPPLE_SECRET_no-name': VALUE, RIPPLE_NAME: 'me' }
    const taken = takeEnv(own)
    expect(own).toMatchObject({ HOME: '/', RIPPLE_NAME: 'me' })
    expect(JSON.stringify(own)).not.toContain(VALUE)
    expect((await environmentSecrets(taken.secrets).get('acme'))?.reveal()).toBe(VALUE)
    expect(daemonEnv(taken, own)).toEqual({ ...own, RIPPLE_SECRET_ACME: VALUE })
    expect(childEnv(daemonEnv(taken, own))).toEqual(own)
  })

  it('no secret reaches a child process', async () => {
    vi.stubEnv('RIPPLE_SECRET_ACME', VALUE)
    const { secrets } = takeEnv()
    const { stdout } = await promisify(execFile)('env')
    expect(stdout).not.toContain(VALUE)
    expect(secrets.acme?.reveal()).toBe(VALUE)
  })
})

describe('files of secrets', () => {
  it("a secret's file is encrypted and private to its owner", async () => {
    await files().set('acme', bytes(`${VALUE}\n`))
    expect((await files().get('acme'))?.reveal()).toBe(VALUE)
    expect(readFileSync(fileOf('acme'), 'utf8')).not.toContain(VALUE)
    expect(statSync(fileOf('acme')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
  })

  it('an absent secret is null, and a removed one is forgotten', async () => {
    expect(await files().get('acme')).toBeNull()
    expect(await files().names()).toEqual([])
    expect(await files().remove('acme')).toBe(false)
    await files().set('acme', bytes(VALUE))
    expect(await files().remove('acme')).toBe(true)
    expect(await files().get('acme')).toBeNull()
  })

  it('the newer of two values wins and leaves no draft', async () => {
    const store = files()
    await Promise.all(['1', '2', '3'].map((one) => store.set('acme', bytes(`value-${one}`))))
    await store.set('acme', bytes(VALUE))
    expect((await store.get('acme'))?.reveal()).toBe(VALUE)
    expect(readdirSync(join(folder, 'secrets'))).toEqual(['acme.json'])
  })

  const refusal = (act: Promise<unknown>) =>
    act.then(
      () => 'none',
      (thrown) => thrown.code,
    )

  it("a secret's file does not open with another passphrase, under another name or changed", async () => {
    await files().set('acme', bytes(VALUE))
    expect(await refusal(files('another').get('acme'))).toBe('RIPPLE_SECRET_UNREADABLE')
    const kept = readFileSync(fileOf('acme'), 'utf8')
    renameSync(fileOf('acme'), fileOf('other'))
    expect(await refusal(files().get('other'))).toBe('RIPPLE_SECRET_UNREADABLE')
    const { sealed, ...rest } = JSON.parse(kept)
    const flipped = Buffer.from(sealed, 'base64')
    flipped[0] = (flipped[0] ?? 0) ^ 1
    for (const text of [
      JSON.stringify({ ...rest, sealed: flipped.toString('base64') }),
      JSON.stringify({ ...rest, sealed: '' }),
      JSON.stringify({ ...rest, sealed, nonce: 'AAAA' }),
      '{}',
      'x'.repeat(100_000),
    ]) {
      writeFileSync(fileOf('acme'), text)
      expect(await refusal(files().get('acme'))).toBe('RIPPLE_SECRET_UNREADABLE')
    }
  })

  it.each([
    ['nothing', bytes('')],
    ['a line end', bytes('\n')],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0xff])],
    ['too much', bytes('x'.repeat(8_193))],
  ])('a secret that holds %s is refused', async (_what, value) => {
    expect(await refusal(files().set('acme', value))).toBe('RIPPLE_SECRET_INVALID')
  })

  it.each(['../acme', 'Acme', '', 'a/b', '.', 'a'.repeat(49)])(
    'a secret has no file called %j',
    async (name) => {
      await expect(files().set(name, bytes(VALUE))).rejects.toThrow('not a name of a secret')
      await expect(files().get(name)).rejects.toThrow('not a name of a secret')
    },
  )
})

test('secrets of the environment come before those of files', async () => {
  await files().set('acme', bytes('from-file'))
  await files().set('other', bytes('from-file'))
  const chain = secretChain([environmentSecrets({ acme: new Secret('from-env') }), files()])
  expect((await chain.get('acme'))?.reveal()).toBe('from-env')
  expect((await chain.get('other'))?.reveal()).toBe('from-file')
  expect(await chain.get('none')).toBeNull()
  expect(await chain.list()).toEqual([
    { name: 'acme', from: 'environment' },
    { name: 'other', from: 'file' },
  ])
})

test("secrets of a data folder open with its keystore's passphrase", async () => {
  const open = () => openSecrets(folder, { secrets: {} })
  await open().files.set('acme', bytes(VALUE))
  expect(readFileSync(join(folder, 'passphrase'), 'utf8').trim().length).toBeGreaterThan(40)
  expect((await open().all.get('acme'))?.reveal()).toBe(VALUE)
})
