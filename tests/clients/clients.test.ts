// Tests that third-party clients from their registries work with a real daemon, with their default settings.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import type { Running } from '../harness/peer.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { here, installForNode, installForPython, opencode, python, pythonProblem } from './install.ts'
import { conform } from './mcp-conformance.ts'

/** Longest time that one client may take, in milliseconds. */
const CLIENT_MS = 280_000

/** A line of `opencode run --format json`: a call with its state, text, or the end of a step with its reason. */
interface OpencodeEvent {
  readonly part: {
    readonly tool?: string
    readonly state?: { readonly status: string }
    readonly text?: string
    readonly reason?: string
  }
}

const problem = slow ? pythonProblem() : null
const note = problem ? ` (${problem})` : ''

test('README names each tested client in the installed version', async () => {
  const packages = ['package.json', 'heavy/package.json'].map((name) => readFile(join(here, name), 'utf8'))
  const dependencies = (await Promise.all(packages)).flatMap((text) =>
    Object.entries(JSON.parse(text).dependencies),
  )
  const requirements = await readFile(join(here, 'requirements.in'), 'utf8')
  const pinned = [...requirements.matchAll(/^([\w-]+).*==(\S+)$/gm)].map(([, name, version]) => [
    name,
    version,
  ])
  const clients = [...dependencies, ...pinned].filter(([name]) => !/^(zod|pydantic)$/.test(String(name)))
  expect(clients.length).toBe(19)
  const readme = await readFile(join(here, '../../README.md'), 'utf8')
  // An alias names its package before the version.
  const versions = clients.map(([, version]) => String(version).replace(/^npm:.*@/, ''))
  expect(versions.filter((version) => !readme.includes(` ${version}`))).toEqual([])
})

describe.runIf(slow)('a client that is made by others and installed from its registry', () => {
  let mesh: Mesh
  let env: Record<string, string>

  beforeAll(async () => {
    await Promise.all([installForNode(), problem === null ? installForPython() : null])
    mesh = await openMesh('clients')
    const denials = { RIPPLE_POLICY_DENY_CALLS: 'model.pause@agent' }
    const [poster] = await Promise.all([mesh.upOllama('poster', denials), mesh.upScripted('scripted')])
    const agent = { name: 'agent', scopes: ['read', 'write'] }
    const { key } = await mesh.call<{ key: string }>('poster', 'key.create', agent)
    env = { ...(await environment(poster)), A2A_URL: poster.ready.api.url, A2A_KEY: key }
    await until('the poster knows both models', async () => {
      const known = await fetch(`${env.OPENAI_BASE_URL}/models`, {
        headers: { authorization: `Bearer ${env.OPENAI_API_KEY}` },
      })
      const { data } = (await known.json()) as { data: { id: string }[] }
      return [DEFAULT_MODEL, SCRIPTED_MODEL].every((model) => data.some(({ id }) => id === model))
    })
  }, WARM_MS)

  afterAll(async () => {
    expect(await mesh.end()).toEqual([])
  })

  /** Runs a script of this folder, and prints and returns the checks that passed. Throws all its output if a check failed. */
  async function checks(program: string, script: string): Promise<string[]> {
    const ran = await execa(program, [join(here, script)], {
      env,
      timeout: CLIENT_MS,
      all: true,
      reject: false,
    })
    if (ran.failed) throw new TypeError(`${script} ended with ${ran.exitCode}:\n${ran.all}`)
    const passed = ran.stdout.split('\n').filter((line) => line.startsWith('ok: '))
    console.log([script, ...passed].join('\n'))
    return passed
  }

  test("OpenAI's for JavaScript lists, chats, streams, runs tools, parses, embeds, aborts and reads errors", async () => {
    expect((await checks(process.execPath, 'openai.mjs')).length).toBe(14)
  })

  test("Anthropic's for JavaScript lists, asks, counts, streams, runs tools, aborts and reads errors", async () => {
    expect((await checks(process.execPath, 'anthropic.mjs')).length).toBe(9)
  })

  test("Ollama's for JavaScript lists, chats, streams, generates, embeds, runs tools, aborts and reads errors", async () => {
    expect((await checks(process.execPath, 'ollama.mjs')).length).toBe(9)
  })

  test("Vercel's AI SDK generates, streams, runs tools, makes objects, embeds, aborts and reads errors", async () => {
    expect((await checks(process.execPath, 'ai-sdk.mjs')).length).toBe(12)
  })

  test("MCP's client lists, asks, posts, waits and reads errors in both eras, by HTTP and by stdio", async () => {
    expect((await checks(process.execPath, 'mcp.mjs')).length).toBe(6)
  })

  test("MCP's conformance suite passes by our routes: 2026-07-28, and 2025-11-25 but for what needs a session", async () => {
    expect(await conform('--requirements', '2026-07-28')).toMatchObject({
      // The checks of headers count, though the suite holds them to be pending.
      ...{ code: 0, summary: expect.stringContaining('✓ http-header-validation: 14 passed') },
    })
    const failures = ['--expected-failures', join(here, 'mcp-expected-failures.yaml')]
    expect(await conform('--suite', 'active', '--spec-version', '2025-11-25', ...failures)).toMatchObject({
      ...{ code: 0, summary: expect.stringContaining('53 passed') },
    })
  })

  test("MCP's client calls each tool of the wire contract, and is refused a denied one", async () => {
    expect((await checks(process.execPath, 'mcp-tools.mjs')).length).toBe(3)
  })

  test.skipIf(problem !== null)(
    `OpenAI's for Python lists, chats, streams, runs tools, parses, embeds, aborts and reads errors${note}`,
    async () => {
      expect((await checks(python, 'openai_client.py')).length).toBe(13)
    },
  )

  test.skipIf(problem !== null)(
    `LiteLLM chats, streams, runs tools, makes objects, embeds and reads errors${note}`,
    async () => {
      expect((await checks(python, 'litellm_client.py')).length).toBe(7)
    },
  )

  test.skipIf(problem !== null)(
    `LangChain chats, streams, batches, runs tools, makes objects, embeds and reads errors${note}`,
    async () => {
      expect((await checks(python, 'langchain_client.py')).length).toBe(10)
    },
  )

  test.skipIf(problem !== null)(
    `Ollama's for Python lists, chats, streams, generates, embeds, runs tools and reads errors${note}`,
    async () => {
      expect((await checks(python, 'ollama_client.py')).length).toBe(8)
    },
  )

  test("A2A's own client for 1.0 verifies the card, sends, streams, lists, cancels and reads errors", async () => {
    expect((await checks(process.execPath, 'a2a.mjs')).length).toBe(8)
  })

  test("A2A's own client for 0.3 reads the card, sends, streams, cancels and reads errors", async () => {
    expect((await checks(process.execPath, 'a2a-legacy.mjs')).length).toBe(4)
  })

  test('opencode chats with the real model', async () => {
    const { calls, said, ended } = await session('chat', 'plain', env.MODEL, 'Say hello.')
    expect([calls, ended]).toEqual([[], 'stop'])
    expect(said.trim()).not.toBe('')
  })

  test('opencode writes, changes and runs a file when a scripted model chooses its tools', async () => {
    const prompt = [
      'call write {"filePath":"hello.sh","content":"echo hello from a file\\n"}',
      'call edit {"filePath":"hello.sh","oldString":"a file","newString":"a changed file"}',
      'call bash {"command":"sh hello.sh > said.txt; cat said.txt","description":"Runs the file"}',
    ].join('\n')
    const { folder, calls, said, ended } = await session('tools', 'build', env.SCRIPTED_MODEL, prompt)
    expect(calls).toEqual(['write completed', 'edit completed', 'bash completed'])
    expect(await readFile(join(folder, 'said.txt'), 'utf8')).toBe('hello from a changed file\n')
    expect([said.trim(), ended]).toEqual(['The last of 3 calls gave: hello from a changed file', 'stop'])
  })

  /** Runs opencode without its terminal interface, in a folder and a home of its own. */
  async function session(name: string, agent: string, model = '', prompt = '') {
    const folder = join(mesh.folder, `opencode-${name}`)
    const home = join(mesh.folder, `opencode-home-${name}`)
    for (const made of [folder, home]) await mkdir(made)
    const options = { baseURL: env.OPENAI_BASE_URL, apiKey: env.OPENAI_API_KEY }
    const config = {
      provider: {
        ripple: { npm: '@ai-sdk/openai-compatible', options, models: { [model]: { temperature: true } } },
      },
      // Its own agents' prompts and tools take more than a small model reads, and at a temperature of 1 such a model often goes on to
      // the end of its context.
      agent: {
        plain: {
          mode: 'primary',
          prompt: 'You are a helpful assistant.',
          tools: { '*': false },
          temperature: 0,
        },
      },
    }
    await writeFile(join(folder, 'opencode.json'), JSON.stringify(config))
    const words = ['run', '--format', 'json', '--model', `ripple/${model}`, '--agent', agent]
    const ran = await execa(opencode, words, {
      all: true,
      reject: false,
      cwd: folder,
      input: prompt,
      timeout: CLIENT_MS,
      extendEnv: false,
      // Uses nothing of the user's, and looks neither for a newer version nor for prices.
      env: {
        PATH: process.env.PATH,
        HOME: home,
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_AUTOUPDATE: '1',
      },
    })
    if (ran.failed) throw new TypeError(`opencode ended with ${ran.exitCode}:\n${ran.all}`)
    const events = ran.stdout.split('\n').map((line) => JSON.parse(line) as OpencodeEvent)
    const parts = events.map(({ part }) => part)
    return {
      folder,
      calls: parts.flatMap(({ tool, state }) => (tool ? [`${tool} ${state?.status}`] : [])),
      said: parts.map(({ text }) => text ?? '').join(''),
      ended: parts.at(-1)?.reason,
    }
  }
})

async function environment(poster: Running<Ready>): Promise<Record<string, string>> {
  const { url, key_file, token_file, ollama } = poster.ready.api
  return {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: (await readFile(key_file, 'utf8')).trim(),
    OLLAMA_HOST: ollama ?? '',
    RIPPLE_URL: url,
    RIPPLE_TOKEN: (await readFile(token_file, 'utf8')).trim(),
    RIPPLE_COMMAND: join(here, '../../host/cli/ripple.mjs'),
    RIPPLE_DATA: poster.ready.data,
    MODEL: DEFAULT_MODEL,
    SCRIPTED_MODEL,
  }
}
