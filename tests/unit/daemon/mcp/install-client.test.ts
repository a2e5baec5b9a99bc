/** Tests how the mesh is added to the settings of agents. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { changeFor, writeChange } from '../../../../host/daemon/mcp/install-client.ts'

const words = ['node', '/opt/a "b"/ripple.mjs', 'mcp'] as const

/** Makes a home with one file; the text null makes none. */
async function homeWith(path: string, text: string | null) {
  const home = await mkdtemp(join(tmpdir(), 'ripple-agents-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const file = join(home, path)
  if (text !== null) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return { file, options: { home, platform: 'linux', words } as const }
}

const env = { RIPPLE_SECRET_MCP_KEY: 'secret' }
const server = { type: 'stdio', command: 'node', args: words.slice(1), env }

test.each([
  ['claude-code', '.claude.json', { mcpServers: { ripple: server } }],
  ['cursor', '.cursor/mcp.json', { mcpServers: { ripple: server } }],
  ['vscode', '.config/Code/User/mcp.json', { servers: { ripple: server } }],
  [
    'opencode',
    '.config/opencode/opencode.json',
    { mcp: { ripple: { type: 'local', command: words, environment: env, enabled: true } } },
  ],
] as const)('the settings of %s get an entry, and keep all others', async (agent, path, added) => {
  const { file, options } = await homeWith(path, '{\n    "theme": "dark"\n}\n')
  await writeChange(await changeFor(agent, options, 'secret'))
  const text = await readFile(file, 'utf8')
  expect(JSON.parse(text)).toEqual({ theme: 'dark', ...added })
  expect(text).toContain('\n    "theme"')
  expect(await changeFor(agent, options, 'secret')).toMatchObject({ text: null, entry: '' })
})

test('the settings of Codex get a table at their end', async () => {
  const { file, options } = await homeWith('.codex/config.toml', 'model = "x" # mine')
  await writeChange(await changeFor('codex', options, 'secret'))
  expect(await readFile(file, 'utf8')).toBe(
    'model = "x" # mine\n\n[mcp_servers.ripple]\ncommand = "node"\nargs = ["/opt/a \\"b\\"/ripple.mjs","mcp"]\nenv = { RIPPLE_SECRET_MCP_KEY = "secret" }\n',
  )
  expect((await changeFor('codex', options, 'secret')).text).toBe(null)
})

test('an agent without settings gets a file', async () => {
  const { file, options } = await homeWith('.cursor/mcp.json', null)
  await writeChange(await changeFor('cursor', options, 'secret'))
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ mcpServers: { ripple: server } })
})

test('a settings file behind a link is changed in its place', async () => {
  const { file, options } = await homeWith('dotfiles/mcp.json', '{}')
  await mkdir(join(options.home, '.cursor'))
  await symlink(file, join(options.home, '.cursor/mcp.json'))
  expect((await changeFor('cursor', options, 'secret')).file).toBe(file)
})

test('settings that are not plain JSON are left alone', async () => {
  for (const text of ['{ // mine\n}', '[]', '{"mcpServers": []}']) {
    const { options } = await homeWith('.cursor/mcp.json', text)
    await expect(changeFor('cursor', options, 'secret')).rejects.toMatchObject({ code: 'RIPPLE_AGENT_FILE' })
  }
})
