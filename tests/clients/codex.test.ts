// Tests that Codex CLI from its registry works with a real mesh, behind HEAVY_CLIENTS=1.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import { heavyClients } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { type HeavyMesh, openHeavyMesh, runAgent } from './heavy-mesh.ts'
import { codex } from './install.ts'

/** A line of `codex exec --json`, as far as it is read here. */
interface CodexEvent {
  readonly type: string
  readonly item?: { readonly type: string; readonly text?: string; readonly exit_code?: number }
  readonly error?: { readonly message: string }
}

describe.runIf(heavyClients)('Codex CLI, with a model stand-in behind the worker', () => {
  let mesh: HeavyMesh

  beforeAll(async () => {
    mesh = await openHeavyMesh('codex')
  }, WARM_MS)
  afterAll(() => mesh.end())

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

  /** Runs Codex CLI without its terminal interface, in a folder and a home of its own. */
  async function session(name: string, model: string, prompt: string) {
    const place = await mesh.place(name)
    const settings = [
      `model = ${JSON.stringify(model)}`,
      'model_provider = "ripple"',
      '[analytics]',
      'enabled = false',
      '[model_providers.ripple]',
      'name = "Ripple"',
      `base_url = "${mesh.url}/v1"`,
      'env_key = "RIPPLE_KEY"',
      'wire_api = "responses"',
    ]
    await mkdir(join(place.home, '.codex'))
    await writeFile(join(place.home, '.codex', 'config.toml'), settings.join('\n'))
    const words = ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access', prompt]
    const read = (output: string) => output.split('\n').map((line) => JSON.parse(line) as CodexEvent)
    const events = await runAgent(codex, words, place, { RIPPLE_KEY: mesh.key }, read)
    return { folder: place.folder, events }
  }
})
