/** Tests how an agent gets its key and its settings. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { installAgent } from '../../../../host/daemon/mcp/install-agent.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { Scope } from '../../../../host/types/principal.ts'

const never = new AbortController().signal
const wish = { agent: 'cursor', scopes: ['infer', 'read'] as Scope[], dry_run: false } as const

/** A home with a daemon that makes keys, and the texts that a person sees. */
async function opened() {
  const home = await mkdtemp(join(tmpdir(), 'ripple-agents-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const keys = new Map<string, string>()
  const shown: string[] = []
  const call = async (operation: string, input: unknown): Promise<unknown> => {
    const { name, scopes } = input as { name: string; scopes: Scope[] }
    if (operation === 'key.rm') return keys.delete(name) && { name }
    if (keys.has(name)) throw new RippleError('RIPPLE_KEY_EXISTS', { name })
    const key = `ripple_${keys.size}${shown.length}`
    keys.set(name, key)
    return { name, scopes, tokens_per_day: null, key }
  }
  const needs = {
    place: { home, platform: 'linux', words: ['node', 'ripple.mjs', 'mcp'] },
    connect: async () => ({ call }),
    say: (line: string) => void shown.push(line),
  } as const
  const file = join(home, '.cursor/mcp.json')
  const keyIn = async () =>
    JSON.parse(await readFile(file, 'utf8')).mcpServers.ripple.env.RIPPLE_SECRET_MCP_KEY
  return { needs, keys, shown, file, keyIn }
}

test('an agent gets a key of its own, which stands in its settings alone', async () => {
  const { needs, keys, shown, file, keyIn } = await opened()
  const done = await installAgent(needs, wish, never)
  expect(done).toMatchObject({
    ...{ file, written: true, readable_by_others: false },
    key: { name: 'mcp-cursor', scopes: ['infer', 'read'], replaced: false },
  })
  const key = keys.get('mcp-cursor') ?? ''
  expect(await keyIn()).toBe(key)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(JSON.stringify([done, shown])).not.toContain(key)
})

test('a dry run makes no key, needs no daemon and writes nothing', async () => {
  const { needs, keys, shown, file } = await opened()
  const connect = () => expect.unreachable()
  const done = await installAgent({ ...needs, connect }, { ...wish, dry_run: true }, never)
  expect(done).toMatchObject({ written: false, key: null, entry: expect.stringContaining('<a new key>') })
  expect(shown.join()).toContain('<a new key>')
  expect(keys.size).toBe(0)
  await expect(stat(file)).rejects.toThrow('ENOENT')
})

test('an entry that is there stays with its key, and one that was removed gets a new key', async () => {
  const { needs, keys, file, keyIn } = await opened()
  await installAgent(needs, wish, never)
  const first = await keyIn()
  expect(await installAgent(needs, wish, never)).toMatchObject({ written: false, key: null, entry: '' })
  expect(await keyIn()).toBe(first)
  await rm(file)
  expect(await installAgent(needs, wish, never)).toMatchObject({ key: { replaced: true } })
  expect(await keyIn()).toBe(keys.get('mcp-cursor'))
  expect(await keyIn()).not.toBe(first)
})

test('settings that others can read are said', async () => {
  const { needs, file } = await opened()
  await mkdir(join(needs.place.home, '.cursor'))
  await writeFile(file, '{}')
  await chmod(file, 0o644)
  expect(await installAgent(needs, wish, never)).toMatchObject({ readable_by_others: true })
})

test('no key is left if the settings cannot be written', async () => {
  const { needs, keys, file } = await opened()
  // The folder of the draft is in the way.
  await mkdir(`${file}.tmp`, { recursive: true })
  await expect(installAgent(needs, wish, never)).rejects.toMatchObject({ code: 'RIPPLE_FILE_UNWRITABLE' })
  expect(keys.size).toBe(0)
})
