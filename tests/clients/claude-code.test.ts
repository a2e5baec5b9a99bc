// Tests that Claude Code from its registry works with a real mesh, behind HEAVY_CLIENTS=1.
import { mkdir, readFile } from 'node:fs/promises'
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
import { claudeCode, installHeavy } from './install.ts'

/** Longest time that one session may take, in milliseconds. */
const SESSION_MS = 120_000

/** The last line of `claude -p --output-format json`, as far as it is read here. */
interface Result {
  readonly result: string
  readonly is_error: boolean
  readonly num_turns: number
  readonly stop_reason: string
}

describe.runIf(heavyClients)('Claude Code, with a model stand-in behind the worker', () => {
  let mesh: Mesh
  let poster: Running<Ready>

  beforeAll(async () => {
    await installHeavy()
    mesh = await openMesh('claude-code')
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

  test('Claude Code runs a command that a scripted model on another machine chooses, and says its result', async () => {
    const { folder, result } = await session(
      'tools',
      'call Bash {"command":"echo hello from a file > said.txt; cat said.txt","description":"Writes a file"}',
      ['--allowedTools', 'Bash'],
    )
    expect(await readFile(join(folder, 'said.txt'), 'utf8')).toBe('hello from a file\n')
    expect(result).toMatchObject({
      ...{ is_error: false, num_turns: 2, stop_reason: 'end_turn' },
      result: 'The last of 1 calls gave: hello from a file',
    })
  })

  test('Claude Code finds a deferred tool by its own search', async () => {
    const { result } = await session('search', 'call ToolSearch {"query":"select:WebFetch"}', [])
    expect(result.result).toBe('The last of 1 calls gave: The tool WebFetch can be called now.')
  })

  test('Claude Code shows why an unknown model cannot answer', async () => {
    const { result } = await session('unknown', 'Hi', ['--model', 'no-such-model'])
    expect([result.is_error, result.result]).toEqual([true, expect.stringContaining('no-such-model')])
  })

  /** Runs Claude Code in print mode, in a folder and a home of its own. It reaches nothing but the daemon. */
  async function session(name: string, prompt: string, words: readonly string[]) {
    const folder = join(mesh.folder, name)
    const home = join(mesh.folder, `${name}-home`)
    for (const made of [folder, home]) await mkdir(made)
    const ran = await execa(
      process.execPath,
      [claudeCode, '-p', prompt, '--output-format', 'json', ...words],
      {
        ...{ cwd: folder, stdin: 'ignore', timeout: SESSION_MS, all: true, reject: false, extendEnv: false },
        env: {
          PATH: process.env.PATH,
          HOME: home,
          ANTHROPIC_BASE_URL: poster.ready.api.url,
          ANTHROPIC_AUTH_TOKEN: await key(),
          ANTHROPIC_MODEL: SCRIPTED_MODEL,
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        },
      },
    )
    try {
      return { folder, result: JSON.parse(ran.stdout) as Result }
    } catch {
      throw new TypeError(`Claude Code ended with ${ran.exitCode}:\n${ran.all}`)
    }
  }
})
