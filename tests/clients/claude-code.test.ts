// Tests that Claude Code from its registry works with a real mesh, behind HEAVY_CLIENTS=1.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import { heavyClients } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { type HeavyMesh, openHeavyMesh, runAgent } from './heavy-mesh.ts'
import { claudeCode } from './install.ts'

/** The last line of `claude -p --output-format json`, as far as it is read here. */
interface Result {
  readonly result: string
  readonly is_error: boolean
  readonly num_turns: number
  readonly stop_reason: string
}

describe.runIf(heavyClients)('Claude Code, with a model stand-in behind the worker', () => {
  let mesh: HeavyMesh

  beforeAll(async () => {
    mesh = await openHeavyMesh('claude-code')
  }, WARM_MS)
  afterAll(() => mesh.end())

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

  /** Runs Claude Code in print mode, in a folder and a home of its own. */
  async function session(name: string, prompt: string, words: readonly string[]) {
    const place = await mesh.place(name)
    const env = {
      ANTHROPIC_BASE_URL: mesh.url,
      ANTHROPIC_AUTH_TOKEN: mesh.key,
      ANTHROPIC_MODEL: SCRIPTED_MODEL,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }
    const print = ['-p', prompt, '--output-format', 'json', ...words]
    const read = (output: string) => JSON.parse(output) as Result
    return { folder: place.folder, result: await runAgent(claudeCode, print, place, env, read) }
  }
})
