/** Tests the uninstallation in a home that is full of files of Ripple and of others. */
import { readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { uninstall } from '../../../../host/daemon/install/uninstall.ts'
import type { Uninstalled } from '../../../../host/operations/local.ts'
import { COMMAND_MS, type Home, makeHome } from './home.ts'

/** Files of Ripple that hold no keys. */
const plain = [
  '.cache/ripple/tools/bin/holochain',
  '.cache/ripple/models/a.gguf',
  '.cache/ripple/build/holochain/release/lib',
  '.config/ripple/config.yaml',
]
/** Files of Ripple that stay unless keys are removed. */
const withKeys = [
  '.local/share/ripple/passphrase',
  '.local/share/ripple/receipts/one.receipt',
  '.local/share/ripple/journal.sqlite',
  '.local/share/ripple/journal.sqlite-wal',
  '.local/share/ripple/conductor/ks/keystore.db',
  '.local/share/ripple/start/poster/receipts/two.receipt',
  '.local/state/ripple/heads/uhCAk.sqlite',
]
/** Files of others, in the same folders and around them. */
const others = [
  'notes.txt',
  '.cache/other/models/b.gguf',
  '.cache/ripple-old/models/c.gguf',
  '.config/other/config.yaml',
  '.config/systemd/user/other.service',
  '.local/share/other/receipts/x',
  '.local/state/other/heads',
  '.npm/cache',
  '.cargo/registry/x',
]

const { signal } = new AbortController()
const isLinux = process.platform === 'linux'

let home: Home
beforeEach(() => {
  home = makeHome()
  for (const file of [...plain, ...withKeys, ...others]) home.write(file)
})
afterEach(() => home[Symbol.dispose]())

/** Uninstalls in this process, with a daemon on the data folder of this name. */
function run(wish: { keys?: boolean; yes?: boolean; data?: string }, daemonOn = ''): Promise<Uninstalled> {
  const { keys = false, yes = false, data = home.data } = wish
  const daemonPid = async (folder: string) => (folder === daemonOn ? process.pid : null)
  const needs = { env: home.env(), data, platform: 'linux' as const, service: home.service(), daemonPid }
  return uninstall(needs, { keys, yes }, signal)
}

const inside = (path: string) => path.slice(home.folder.length + 1)

/** Returns the named paths, after a check that everything below them has gone, and nothing else. */
function gone(before: readonly string[], { removes }: Uninstalled): string[] {
  const named = removes.map(({ path }) => inside(path))
  const isNamed = (path: string) => named.some((one) => path === one || path.startsWith(`${one}/`))
  expect(home.tree()).toEqual(before.filter((path) => !isNamed(path)))
  return named
}

/** Uninstalls, and returns the removed paths. */
async function removed(wish: { keys?: boolean; data?: string }): Promise<string[]> {
  const before = home.tree()
  return gone(before, await run({ ...wish, yes: true }))
}

test('an uninstallation without yes names what would go and what stays, and changes nothing', async () => {
  const before = home.tree()
  const { removes, stays, removed } = await run({})
  expect(removed).toBe(false)
  expect(home.tree()).toEqual(before)
  expect(removes.map(({ path }) => inside(path))).toEqual(['.cache/ripple', '.config/ripple'])
  expect(stays.map(({ path }) => inside(path))).toEqual(['.local/share/ripple', '.local/state/ripple'])
  const bytes = plain.slice(0, 3).reduce((sum, path) => sum + path.length, 0)
  expect(removes[0]?.bytes).toBe(bytes)
})

test.skipIf(!isLinux)(
  '`ripple uninstall --yes` removes the cache that it runs with, and leaves keys and receipts',
  async () => {
    const before = home.tree()
    const { code, stdout, stderr } = await home.ripple('uninstall', '--yes', '--json')
    expect(code, stderr).toBe(0)
    gone(before, JSON.parse(stdout) as Uninstalled)
    expect(home.tree()).toEqual(expect.arrayContaining([...withKeys, ...others]))
    expect(home.tree()).not.toContain('.cache/ripple')
  },
  COMMAND_MS,
)

test('an uninstallation ends the service and removes its file', async () => {
  await home.service().install(false, signal)
  const named = await removed({})
  expect(named).toEqual(['.config/systemd/user/ripple.service', '.cache/ripple', '.config/ripple'])
  expect(home.changes().slice(-2)).toEqual(['--user disable --now ripple.service', '--user daemon-reload'])
})

test('an uninstallation with keys also removes chains and receipts, and can be repeated', async () => {
  const ours = ['.cache/ripple', '.config/ripple', '.local/share/ripple', '.local/state/ripple']
  expect(await removed({ keys: true })).toEqual(ours)
  expect(home.tree()).toEqual(expect.arrayContaining(others))
  expect(await removed({ keys: true })).toEqual([])
})

test('files of others in the folders of Ripple stay and are named', async () => {
  const foreign = ['.cache/ripple/mine.txt', '.config/ripple/mine.yaml', '.local/share/ripple/mine/a']
  for (const file of foreign) home.write(file)
  const { stays } = await run({ keys: true })
  expect(stays.map(({ path, what }) => `${what}: ${inside(path)}`)).toEqual([
    "not Ripple's: .cache/ripple/mine.txt",
    "not Ripple's: .config/ripple/mine.yaml",
    "not Ripple's: .local/share/ripple/mine",
  ])
  await removed({ keys: true })
  const after = home.tree()
  expect(after).toEqual(expect.arrayContaining([...foreign, ...others]))
  expect(after.filter((path) => withKeys.includes(path) || plain.includes(path))).toEqual([])
})

test('a link loses its name, and the files behind it stay', async () => {
  home.write('disk/big.gguf')
  symlinkSync(join(home.folder, 'disk'), join(home.folder, '.cache/ripple/target'))
  await removed({})
  expect(readdirSync(join(home.folder, 'disk'))).toEqual(['big.gguf'])
})

test('a data folder that was named goes, and a folder of others that was named does not', async () => {
  home.write('second/journal.sqlite')
  home.write('second/passphrase')
  expect(await removed({ keys: true, data: join(home.folder, 'second') })).toContain('second')
  home.write('documents/receipts/tax.pdf')
  home.write('documents/keys.json')
  await removed({ keys: true, data: join(home.folder, 'documents') })
  const kept = ['documents/receipts/tax.pdf', 'documents/keys.json']
  expect(home.tree()).toEqual(expect.arrayContaining(kept))
})

test.each(['', '/start/worker'])(
  'nothing is removed while a daemon runs on the data folder%s',
  async (peer) => {
    const before = home.tree()
    const refused = run({ yes: true }, `${home.data}${peer}`)
    await expect(refused).rejects.toMatchObject({ code: 'RIPPLE_DATA_IN_USE' })
    expect(home.tree()).toEqual(before)
  },
)
