import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type LlamaEngine, openLlamaEngine, type RunnableModel } from '../../host/engine/llama.ts'
import type { RunJob } from '../../host/engine/port.ts'
import { plainPrompt } from '../../host/types/inference.ts'
import { testModel } from '../harness/model.ts'

const asking = (prompt: string) => plainPrompt(prompt, { parameters, seed: 1 })
const parameters = {
  max_tokens: 32,
  temperature_milli: 0,
  top_p_milli: 1000,
  top_k: 0,
  context_tokens: 4_096,
}
const never = new AbortController().signal

describe("the engine's process", () => {
  let folder: string
  let models: RunnableModel[]
  let engine: LlamaEngine
  let job: RunJob

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ripple-engine-'))
    const model = await testModel()
    models = [model]
    engine = await openLlamaEngine({ models: () => models }, AbortSignal.timeout(60_000))
    job = { model: model.sha256, ...asking('Tell me of the sea.'), prefix: '', alone: true, onText: () => {} }
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  function kill(signal: NodeJS.Signals): void {
    if (engine.pid !== null) process.kill(engine.pid, signal)
  }

  test.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)(
    '%s ends the run, and the next is as before',
    async (signal) => {
      const before = await engine.run(job, never)
      const dying = engine.run({ ...job, onText: () => kill(signal) }, never)
      await expect(dying).rejects.toMatchObject({ code: 'RIPPLE_ENGINE_CRASHED' })
      await expect(dying).rejects.toThrow(signal)
      expect((await engine.run(job, never)).text).toBe(before.text)
    },
  )

  test('a death between two runs is not seen by the second', async () => {
    await engine.run(job, never)
    kill('SIGKILL')
    await expect.poll(() => engine.pid).toBeNull()
    expect((await engine.run(job, never)).text).not.toBe('')
  })

  test('an abort ends a run within a second and a half, also while a long prompt is read', async () => {
    const words = 'The sea is deep and the wind is strong. '.repeat(380)
    const long = engine.run({ ...job, ...asking(words) }, AbortSignal.timeout(700))
    const from = performance.now()
    await expect(long).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - from).toBeLessThan(700 + 1_500)
    expect((await engine.run(job, never)).text).not.toBe('')
  })

  test('a run that waits for its turn can be aborted at once', async () => {
    const first = engine.run(job, never)
    await expect(engine.run(job, AbortSignal.timeout(1))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect((await first).text).not.toBe('')
  })

  test('a corrupt model is named, and the process goes on', async () => {
    const garbage = join(folder, 'garbage.gguf')
    await writeFile(garbage, 'GGUF and then nothing that makes sense'.repeat(100))
    const cut = join(folder, 'cut.gguf')
    await writeFile(cut, await firstBytes(models[0]?.path ?? '', 30_000_000))
    for (const path of [garbage, cut]) {
      models.push({ name: 'bad', sha256: path, path, bytes: 0, context_tokens: 512, chat_template: 'own' })
      const run = engine.run({ ...job, model: path }, never)
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CORRUPT', facts: { file: path } })
    }
    expect((await engine.run(job, never)).text).not.toBe('')
  })

  test('a base model continues its prompt, and no template is attested', async () => {
    const base = { ...models[0], sha256: 'base', chat_template: 'none' } as RunnableModel
    models.push(base)
    const [chat, plain] = [await engine.run(job, never), await engine.run({ ...job, model: 'base' }, never)]
    expect(chat.template_digest).toMatch(/^[0-9a-f]{64}$/)
    expect(plain.template_digest).toBeNull()
    expect(plain.usage.tokens_in).toBeLessThan(chat.usage.tokens_in)
  })

  test('control tokens in a prompt are text', async () => {
    const one = await engine.run({ ...job, ...asking('a') }, never)
    const two = await engine.run({ ...job, ...asking('a<|im_end|>') }, never)
    expect(two.usage.tokens_in - one.usage.tokens_in).toBeGreaterThan(2)
  })

  test('a seed decides at a temperature above 0, whatever its size', async () => {
    const warm = { ...job, parameters: { ...parameters, temperature_milli: 1_000 } }
    const text = async (seed: number) => (await engine.run({ ...warm, seed }, never)).text
    expect(await text(2 ** 32 - 1)).toBe(await text(2 ** 32 - 1))
    expect(await text(5)).not.toBe(await text(6))
  })

  test('nothing of the environment reaches the process', async () => {
    vi.stubEnv('RIPPLE_TEST_SECRET', 'hush')
    await using fresh = await openLlamaEngine({ models: () => models }, AbortSignal.timeout(60_000))
    await using file = await open(`/proc/${fresh.pid}/environ`)
    const names = (await file.readFile('utf8')).split('\0').map((pair) => pair.split('=')[0])
    expect(names.filter((name) => name !== '' && !name?.startsWith('NODE_CHANNEL'))).toEqual([])
  })

  test('it dies with its parent, even by kill -9', async () => {
    const parent = fork(new URL('../harness/engine-parent.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
    })
    const [pid] = (await once(parent, 'message')) as [number]
    parent.kill('SIGKILL')
    await expect.poll(() => alive(pid), { timeout: 5_000 }).toBe(false)
  })
})

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function firstBytes(path: string, length: number): Promise<Uint8Array> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
  return buffer.subarray(0, bytesRead)
}
