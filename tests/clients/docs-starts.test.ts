// Tests that the section 'Start' of each docs page can be copied into a shell: its blocks run against a real daemon.
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { execa, execaSync } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { freePort } from '../harness/free-port.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { ownFolders } from '../harness/own-folders.ts'
import { slow } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** Longest time that the blocks of one page may take, in milliseconds. */
const PAGE_MS = 120_000

const root = join(import.meta.dirname, '../..')
const docs = join(root, 'docs')

/** The page whose start needs a program of others; `lm-eval.test.ts` runs it. */
const elsewhere = ['lm-eval.md']

/** A fenced block of a page, without the indent of a list. */
interface Block {
  readonly language: string
  readonly text: string
}

/** The section 'Start' of a page. */
interface Start {
  readonly page: string
  readonly blocks: readonly Block[]
}

const starts: Start[] = []
for (const page of (await readdir(docs)).filter((name) => name.endsWith('.md')).sort()) {
  const [, section] =
    /^## Start\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(await readFile(join(docs, page), 'utf8')) ?? []
  if (section === undefined || elsewhere.includes(page)) continue
  const blocks = [...section.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', text = '']) => ({
      language,
      text: text.replaceAll(RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
  starts.push({ page, blocks })
}

/** Ports that pages name. The test takes others, because tests run side by side. */
const ports = new Map<string, string>()
let home: string

test('each page of a door has a start', () => {
  const doors = [
    'API',
    'EVENTS',
    'MCP',
    'METRICS',
    'a2a',
    'messages',
    'node-api',
    'ollama',
    'openai-endpoint',
  ]
  const pages = [...doors, 'responses', 'tools', 'traces', 'webhooks'].map((door) => `${door}.md`)
  expect(starts.map(({ page }) => page)).toEqual(expect.arrayContaining(pages))
})

/** A program that the pages use and this machine lacks. */
const missing = ['curl', 'jq'].find((name) => execaSync(name, ['--version'], { reject: false }).failed)
const note = missing === undefined ? '' : ` (${missing} is missing: sudo apt-get install -y ${missing})`

describe.runIf(slow && missing === undefined)(`a daemon as the pages have it${note}`, () => {
  let mesh: Mesh
  let env: Record<string, string>

  beforeAll(async () => {
    mesh = await openMesh('docs')
    home = join(mesh.folder, 'home')
    const bin = join(home, 'bin')
    await mkdir(bin, { recursive: true })
    await symlink(join(root, 'host/cli/ripple.mjs'), join(bin, 'ripple'))
    // The page's tool server would come from the registry; this one stands in for it.
    const server = join(root, 'tests/harness/files-server.ts')
    await writeFile(join(bin, 'npx'), `#!/bin/sh\nexec '${process.execPath}' '${server}'\n`, { mode: 0o755 })
    await writeFile(join(home, '.curlrc'), 'fail-with-body\n')
    const path = [bin, dirname(process.execPath), process.env.PATH].join(delimiter)
    env = { ...ownFolders(home), PATH: path, RIPPLE_SHARE_OFFERS: 'true' }
    ports.set('9000', String(await freePort()))
    await mkdir(join(home, 'config/ripple'), { recursive: true })
    await writeFile(join(home, 'config/ripple/config.yaml'), stringify(configuration()))
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const { ready } = await mesh.upOllama('docs')
    vi.unstubAllEnvs()
    ports.set('4747', new URL(ready.api.url).port)
    ports.set('11434', new URL(ready.api.ollama ?? '').port)
    await mkdir(join(home, '.local/share'), { recursive: true })
    await symlink(ready.data, join(home, '.local/share/ripple'))
    env = { ...env, RIPPLE_DATA: ready.data }
  }, WARM_MS)

  afterAll(async () => {
    expect(await mesh.end()).toEqual([])
  })

  test.for(starts)(
    'docs/$page has a start that runs as it is',
    { timeout: PAGE_MS },
    async ({ page, blocks }) => {
      const folder = join(home, page)
      await mkdir(folder)
      const shell = blocks.flatMap(({ language, text }) =>
        language === 'sh' && !isElsewhere(text) ? [text] : [],
      )
      for (const { text } of blocks) {
        const name = fileOf(text)
        if (name !== null) await writeFile(join(folder, name), asHere(text))
      }
      const script = ['set -euo pipefail', ...shell.map(asHere)].join('\n')
      const ran = await execa('bash', ['-c', script], {
        ...{ cwd: folder, env, extendEnv: false, all: true, reject: false, timeout: PAGE_MS },
      })
      expect(ran.exitCode, ran.all).toBe(0)
      for (const [, wanted = ''] of script.matchAll(/# prints (.+)$/gm)) expect(ran.all).toContain(wanted)
    },
  )
})

/** Returns the settings that the pages put into `config.yaml`. */
function configuration(): object {
  const yaml = starts.flatMap(({ blocks }) => blocks.filter(({ text }) => fileOf(text) === 'config.yaml'))
  return Object.assign({}, ...yaml.map(({ text }) => parse(asHere(text))))
}

/** Returns the name of the file that a block is, by the comment in its first line; null for another block. */
function fileOf(text: string): string | null {
  return /^(?:#|\/\/) ([\w-]+\.\w+)$/.exec(text.split('\n')[0] ?? '')?.[1] ?? null
}

/** Whether a block says that it needs a program which may be missing. */
function isElsewhere(text: string): boolean {
  return text.startsWith('# needs ')
}

/** Returns a block with this test's ports and home. */
function asHere(text: string): string {
  return text
    .replaceAll(/\b(4747|9000|11434)\b/g, (port) => ports.get(port) ?? port)
    .replaceAll('/home/me', home)
}
