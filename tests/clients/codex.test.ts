// Tests that Codex CLI from its registry works with a real mesh, behind HEAVY_CLIENTS=1.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import type { Running } from '../harness/peer.ts'
import { heavyClients } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { codex, installHeavy } from './install.ts'

/** Longest time that one session may take, in milliseconds. */
const SESSION_MS = 120_000

/** A line of `codex exec --json`, as far as it is read here. */
interface CodexEvent {
  readonly type: string
  readonly item?: { readonly type: string; readonly text?: string; readonly exit_code?: number }
  readonly error?: { readonly message: string }
}

describe.runIf(heavyClients)('Codex CLI, with a model stand-in behind the worker', () => {
  let mesh: Mesh
  let poster: Running<Ready>

  beforeAll(async () => {
    await installHeavy()
    mesh = await openMesh('codex')
    const [one] = await Promise.all([mesh.upWithoutModels('poster'), mesh.upScripted('scripted')])
    poster = one
    const { url } = poster.ready.api
    const headers = { 'x-api-key': await key() }
    await until('the poster knows the model', async () => {
      const { data } = (await (await fetch(`${url}/v1/models`, { headers })).json()) as {
        data: { id: string }[]
      }
      return data.some(({ id }) => id === SCRIPTED_MODEL)
    })
  }, WARM_MS)

  afterAll(async () => {
    expect(await mesh.end()).toEqual([])
  })

  const key = async () => (await readFile(poster.ready.api.key_file, 'utf8')).trim()

  test('Codex CLI runs a command that a scripted model on another machine chooses, and says its result', async () => {
    const { folder, events } = await session(
      'tools',
      SCRIPTED_MODEL,
      'call exec_command {"cmd":"echo hello from a file > said.txt; cat said.txt"}',
    )
    expect(await readFile(join(folder, 'said.txt'), 'utf8')).toBe('hello from a file\n')
    const done = events.flatMap(({ type, item }) => (type === 'item.completed' && item ? [item] : []))
    const ran = done.find(({ type }) => type === 'command_execution')
    const said = done.filter(({ type }) => type === 'agent_message').map(({ text }) => text)
    expect(ran?.exit_code).toBe(0)
    expect(said).toEqual([expect.stringMatching(/^The last of 1 calls gave: [\s\S]*hello from a file/)])
    expect(events.at(-1)?.type).toBe('turn.completed')
  })

  test('Codex CLI shows why an unknown model cannot answer', async () => {
    const { events } = await session('unknown', 'no-such-model', 'Hi')
    expect(events.at(-1)).toMatchObject({
      type: 'turn.failed',
      error: { message: expect.stringContaining('no-such-model') },
    })
  })

  /** Runs Codex CLI without its terminal interface, in a folder and a home of its own. It reaches nothing but the daemon. */
  async function session(name: string, model: string, prompt: string) {
    const folder = join(mesh.folder, name)
    const home = join(mesh.folder, `${name}-home`)
    for (const made of [folder, join(home, '.codex')]) await mkdir(made, { recursive: true })
    const settings = [
      `model = ${JSON.stringify(model)}`,
      'model_provider = "ripple"',
      '[analytics]',
      'enabled = false',
      '[model_providers.ripple]',
      'name = "Ripple"',
      `base_url = "${poster.ready.api.url}/v1"`,
      'env_key = "RIPPLE_KEY"',
      'wire_api = "responses"',
    ]
    await writeFile(join(home, '.codex', 'config.toml'), settings.join('\n'))
    const words = ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access', prompt]
    const ran = await execa(process.execPath, [codex, ...words], {
      ...{ cwd: folder, stdin: 'ignore', timeout: SESSION_MS, all: true, reject: false, extendEnv: false },
      env: { PATH: process.env.PATH, HOME: home, RIPPLE_KEY: await key() },
    })
    try {
      return { folder, events: ran.stdout.split('\n').map((line) => JSON.parse(line) as CodexEvent) }
    } catch {
      throw new TypeError(`Codex CLI ended with ${ran.exitCode}:\n${ran.all}`)
    }
  }
})
