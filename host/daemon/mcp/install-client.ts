/** Adds the mesh to the settings of an agent on this machine. */
import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'

/** The agents whose settings are known. */
export type AgentName = 'claude-code' | 'codex' | 'cursor' | 'vscode' | 'opencode'

/** The words that start `ripple mcp`. */
type Words = readonly [command: string, ...args: string[]]

/** The variables of `ripple mcp`, which have its key. */
type Environment = Readonly<Record<string, string>>

/** Where an agent's settings are, and the words of its entry. */
export interface AgentPlace {
  readonly home: string
  readonly platform: NodeJS.Platform
  readonly words: Words
}

/** The settings file of an agent, and the entry that it takes. */
interface AgentFile {
  /** Its place in the user's home, by the platform. */
  place(platform: NodeJS.Platform): string
  /** The section of its JSON that lists servers; null for TOML. */
  readonly section: string | null
  entry(words: Words, env: Environment): object
}

const stdio: AgentFile['entry'] = ([command, ...args], env) => ({ type: 'stdio', command, args, env })

const files: Readonly<Record<AgentName, AgentFile>> = {
  'claude-code': { place: () => '.claude.json', section: 'mcpServers', entry: stdio },
  codex: { place: () => '.codex/config.toml', section: null, entry: stdio },
  cursor: { place: () => '.cursor/mcp.json', section: 'mcpServers', entry: stdio },
  vscode: {
    place: (platform) =>
      platform === 'darwin' ? 'Library/Application Support/Code/User/mcp.json' : '.config/Code/User/mcp.json',
    section: 'servers',
    entry: stdio,
  },
  opencode: {
    place: () => '.config/opencode/opencode.json',
    section: 'mcp',
    entry: (words, environment) => ({ type: 'local', command: words, environment, enabled: true }),
  },
}

/** A change of an agent's settings. */
export interface AgentChange {
  readonly file: string
  /** The entry as it stands in the file afterwards; empty if the file has one already. */
  readonly entry: string
  /** The whole new text; null if nothing changes. */
  readonly text: string | null
}

/**
 * Makes the change that adds the mesh with a key. All other settings stay, and so does an entry of the name `ripple`. Rejects with
 * `RIPPLE_AGENT_FILE` if the file cannot be read as its format.
 */
export async function changeFor(
  agent: AgentName,
  { home, platform, words }: AgentPlace,
  key: string,
): Promise<AgentChange> {
  const { place, section, entry } = files[agent]
  // A link, as programs for settings make them, stays a link.
  const named = join(home, place(platform))
  const file = await realpath(named).catch(() => named)
  const before = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return ''
    throw unreadable(file, thrown.message)
  })
  const env = { RIPPLE_SECRET_MCP_KEY: key }
  const added = entry(words, env)
  return section === null ? tomlChange(file, before, words, env) : jsonChange(file, before, section, added)
}

/** Writes a change, and makes the file's folder if it is missing. Rejects with `RIPPLE_FILE_UNWRITABLE`. */
export async function writeChange({ file, text }: AgentChange): Promise<void> {
  if (text === null) return
  try {
    await mkdir(dirname(file), { recursive: true })
    const keptMode = await stat(file).then(
      ({ mode }) => mode,
      () => undefined,
    )
    await writeAtomic(file, text, { keptMode })
  } catch (thrown) {
    const detail = (thrown as Error).message
    throw new RippleError('RIPPLE_FILE_UNWRITABLE', { file, detail }, { cause: thrown })
  }
}

function jsonChange(file: string, before: string, section: string, entry: object): AgentChange {
  const settings = before.trim() === '' ? {} : objectIn(file, before)
  const servers = settings[section] ?? {}
  if (!isObject(servers)) throw unreadable(file, `'${section}' is not an object`)
  if ('ripple' in servers) return { file, entry: '', text: null }
  const indent = /^([ \t]+)"/m.exec(before)?.[1] ?? '  '
  const after = { ...settings, [section]: { ...servers, ripple: entry } }
  return {
    file,
    entry: JSON.stringify({ [section]: { ripple: entry } }, null, 2),
    text: `${JSON.stringify(after, null, indent)}\n`,
  }
}

/** Adds a table at the end, where it belongs to no other. */
function tomlChange(file: string, before: string, [command, ...args]: Words, env: Environment): AgentChange {
  if (/^\s*\[\s*mcp_servers\s*\.\s*"?ripple"?\s*\]/m.test(before)) return { file, entry: '', text: null }
  if (/^\s*mcp_servers\s*=/m.test(before)) throw unreadable(file, "'mcp_servers' is an inline table")
  // Texts of JSON are texts of TOML as well.
  const variables = Object.entries(env).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  const entry = [
    '[mcp_servers.ripple]',
    `command = ${JSON.stringify(command)}`,
    `args = ${JSON.stringify(args)}`,
    `env = { ${variables.join(', ')} }`,
  ].join('\n')
  const gap = before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  return { file, entry, text: `${before}${gap}${entry}\n` }
}

function objectIn(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch (thrown) {
    throw unreadable(file, (thrown as Error).message)
  }
  throw unreadable(file, 'it holds no object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(file: string, detail: string): RippleError {
  return new RippleError('RIPPLE_AGENT_FILE', { file, detail: detail.slice(0, 200) })
}
