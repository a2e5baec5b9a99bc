import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { LlamaEngine, openLlamaEngine, type RunnableModel } from '../../host/engine/llama.ts'
import { startLlamaProcess } from '../../host/engine/llama-process.ts'
import type { RunJob } from '../../host/engine/port.ts'
import { limits } from '../../host/limits.ts'
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
const chatting = (content: string) => ({
  input: {
    type: 'chat' as const,
    messages: [{ role: 'user' as const, content, tool_calls: [], tool_call_id: null }],
    tools: [],
    tool_choice: 'auto' as const,
  },
})

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
    '%s ends all runs, and the next run works as before',
    async (signal) => {
      const before = await engine.run(job, never)
      // Long enough that none has ended when the word of its first piece is here.
      const shared = { ...job, parameters: { ...job.parameters, max_tokens: 400 }, alone: false }
      const dying = [shared, shared, { ...shared, onText: () => kill(signal) }].map((one) =>
        engine.run(one, never),
      )
      for (const end of await Promise.allSettled(dying)) {
        expect(end).toMatchObject({ status: 'rejected', reason: { code: 'RIPPLE_ENGINE_CRASHED' } })
        expect(end).toMatchObject({ reason: { message: expect.stringContaining(signal) } })
      }
      expect(engine.loaded()).toEqual([])
      expect((await engine.run(job, never)).text).toBe(before.text)
    },
  )

  test('a prompt that ends the process is blamed, and a run beside it counts as crashed', async () => {
    const good = models[0] ?? expect.unreachable()
    // With this splitter, which recurses for each letter, the same file dies of what is harmless to its own.
    const bytes = await readFile(good.path)
    const at = bytes.indexOf('smollm', bytes.indexOf('tokenizer.ggml.pre'))
    bytes.write('gpt-4o', at)
    const path = join(folder, 'recursive.gguf')
    await writeFile(path, bytes)
    const { mtimeMs: mtime_ms } = await stat(path)
    const recursive = { ...good, sha256: '1'.repeat(64), name: 'recursive', path, mtime_ms }
    models = [good, recursive]
    const before = await engine.run(job, never)
    const begun = Promise.withResolvers<void>()
    const beside = engine.run(
      {
        ...job,
        alone: false,
        parameters: { ...parameters, max_tokens: 2_000 },
        onText: () => begun.resolve(),
      },
      never,
    )
    const crashed = expect(beside).rejects.toMatchObject({ code: 'RIPPLE_ENGINE_CRASHED' })
    await begun.promise
    const letters = { ...job, ...asking('a'.repeat(200_000)), model: recursive.sha256, alone: false }
    await expect(engine.run(letters, never)).rejects.toMatchObject({ code: 'RIPPLE_PROMPT_FATAL' })
    await crashed
    expect((await engine.run(job, never)).text).toBe(before.text)
    models = [good]
  })

  test('garbage from the process counts as its death, and the next run starts another', async () => {
    const model = models[0] ?? expect.unreachable()
    const setup = { gpu: 'off' as const, threads: 1, slots: 2, memory_bytes: 2 ** 31, idle_ms: 60_000 }
    const garbage = fileURLToPath(new URL('../harness/garbage-engine.ts', import.meta.url))
    const start = (signal: AbortSignal) => startLlamaProcess(setup, {}, signal)
    const first = await startLlamaProcess(setup, {}, never, garbage)
    const memory = () => setup.memory_bytes
    const needs = { models: () => [model], start, memory, slots: 2, idle_ms: 60_000 }
    await using mended = new LlamaEngine(needs, first)
    const ends = await Promise.allSettled([1, 2].map(() => mended.run({ ...job, alone: false }, never)))
    const crash = { status: 'rejected', reason: { code: 'RIPPLE_ENGINE_CRASHED' } }
    expect(ends).toMatchObject([crash, crash])
    expect((await mended.run(job, never)).text).not.toBe('')
  })

  test('the reason of a death is what the process said before its stack trace', async () => {
    const main = join(folder, 'dies.mjs')
    const frames = "Array(40).fill('/lib/libllama.so(llama_decode+0x10)[0x7f76e45f2180]').join('\\n')"
    await writeFile(main, `console.error('CUDA error: no kernel\\n' + ${frames}); process.exitCode = 1`)
    const setup = { gpu: 'off' as const, threads: 1, slots: 1, memory_bytes: 2 ** 31, idle_ms: 60_000 }
    await expect(startLlamaProcess(setup, {}, never, main)).rejects.toThrow(
      /died: it ended with code 1: CUDA error: no kernel$/,
    )
  })

  test('a run does not notice a death before it', async () => {
    await engine.run(job, never)
    kill('SIGKILL')
    await expect.poll(() => engine.pid).toBeNull()
    expect((await engine.run(job, never)).text).not.toBe('')
  })

  test('an abort ends a run within 1.5 seconds, also while it reads a long prompt', async () => {
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

  test('a run begins with its turn and its model, and reports each batch of the prompt', async () => {
    const cold = await openLlamaEngine({ models: () => models }, AbortSignal.timeout(60_000))
    await using _ = cold
    const seen: string[] = []
    const listen = (name: string) => ({
      onRead: (tokens: number) => seen.push(`${name} ${tokens} ${cold.loaded().length}`),
      onText: () => seen.push(name),
    })
    const long = { ...asking('The sea is deep. '.repeat(100)), parameters: { ...parameters, max_tokens: 4 } }
    const first = cold.run({ ...job, ...long, ...listen('first') }, never)
    const second = cold.run({ ...job, ...listen('second') }, never)
    const { usage } = await first
    await second
    const batches = Math.ceil(usage.tokens_in / limits.engine_batch_tokens.cpu)
    expect(batches).toBeGreaterThan(3)
    const read = Array.from({ length: batches }, (__, at) => `first ${at * limits.engine_batch_tokens.cpu} 1`)
    expect(seen.slice(0, batches + 1)).toEqual([...read, 'first'])
    expect(seen.indexOf('second 0 1')).toBeGreaterThan(seen.lastIndexOf('first'))
  })

  test('a long text to embed waits for running answers, and a short one does not', async () => {
    await engine.run(job, never)
    const seen: string[] = []
    const begun = Promise.withResolvers<void>()
    const answer = engine
      .run(
        {
          ...job,
          alone: false,
          parameters: { ...parameters, max_tokens: 200 },
          onText: () => begun.resolve(),
        },
        never,
      )
      .then(() => seen.push('answer'))
    await begun.promise
    const embed = (name: string, text: string) => {
      const input = { type: 'embed' as const, texts: [text] }
      return engine.run({ ...job, alone: false, input, onRead: () => seen.push(name) }, never)
    }
    const ends = [embed('short', 'The sea is deep.'), embed('long', 'The sea is deep. '.repeat(100))]
    await Promise.all([answer, ...ends])
    expect(seen).toEqual(['short', 'answer', 'long'])
  })

  test('an aborted run leaves the others and the process alone', async () => {
    await engine.run(job, never)
    const pid = engine.pid
    const words = 'The sea is deep and the wind is strong. '.repeat(100)
    const others = [1, 2].map(() => engine.run({ ...job, alone: false }, never))
    const long = engine.run({ ...job, ...asking(words), alone: false }, AbortSignal.timeout(200))
    await expect(long).rejects.toMatchObject({ name: 'TimeoutError' })
    for (const { text } of await Promise.all(others)) expect(text).not.toBe('')
    expect(engine.pid).toBe(pid)
    await expect.poll(() => engine.loaded()[0]?.running).toBe(0)
  })

  test('simultaneous runs each have their own text and number of tokens', async () => {
    const prompts = [
      'Name a river.',
      'What is two and two?',
      'Who was Bach?',
      'Why do cats purr?',
      'Say hello.',
    ]
    const alone = new Map<string, string>()
    for (const prompt of prompts)
      alone.set(prompt, (await engine.run({ ...job, ...asking(prompt) }, never)).text)
    const texts = await Promise.all(
      prompts.map(async (prompt) => {
        const pieces: string[] = []
        const onText = (text: string) => pieces.push(text)
        const { text } = await engine.run({ ...job, ...asking(prompt), alone: false, onText }, never)
        expect(pieces.join('')).toBe(text)
        return text
      }),
    )
    // A batch changes the last bits of numbers: an answer may diverge from the one alone, but not at its beginning.
    for (const [i, prompt] of prompts.entries())
      expect(texts[i]?.slice(0, 8)).toBe(alone.get(prompt)?.slice(0, 8))
  })

  test("runs beyond the queue's bound are refused, and the queued ones get their turn", async () => {
    const short = { ...job, alone: false, parameters: { ...parameters, max_tokens: 2 } }
    const room = engine.slots + limits.engine_waiting_max
    const ends = await Promise.allSettled(Array.from({ length: room + 3 }, () => engine.run(short, never)))
    const refused = ends.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(3)
    const busy = { code: 'RIPPLE_BUSY', facts: { max: limits.engine_waiting_max } }
    for (const one of refused) expect(one).toMatchObject({ reason: busy })
  })

  test('a run of a vanished model file is refused as missing', async () => {
    const gone = { ...models[0], sha256: 'gone', path: join(folder, 'gone.gguf') } as RunnableModel
    models.push(gone)
    const run = engine.run({ ...job, model: 'gone' }, never)
    await expect(run).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
    const load = engine.load('gone', never)
    await expect(load).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
  })

  test('a changed model file is not run under its old sha256', async () => {
    const [model] = models as [RunnableModel]
    const { size, mtimeMs } = await stat(model.path)
    const as = (sha256: string, bytes: number, mtime_ms: number) =>
      models.push({ ...model, sha256, bytes, mtime_ms })
    as('touched', size, mtimeMs - 1)
    as('longer', size - 1, mtimeMs)
    as('same', size, mtimeMs)
    for (const changed of ['touched', 'longer']) {
      const refused = { code: 'RIPPLE_MODEL_UNREAD', facts: { file: model.path } }
      await expect(engine.load(changed, never)).rejects.toMatchObject(refused)
      await expect(engine.run({ ...job, model: changed }, never)).rejects.toMatchObject(refused)
    }
    expect((await engine.run({ ...job, model: 'same' }, never)).text).not.toBe('')
    expect(await engine.unload('same', never)).toBe(true)
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
    const asked = { ...job, ...chatting('Hello!'), model: 'base' }
    const refused = { code: 'RIPPLE_MODEL_NOT_CHAT', facts: { model: base.name } }
    await expect(engine.run(asked, never)).rejects.toMatchObject(refused)
  })

  test('an answer stays the same after other runs, in a larger context and in another process', async () => {
    const warm = { ...job, parameters: { ...parameters, temperature_milli: 900 }, seed: 3 }
    const before = await engine.run(warm, never)
    const words = 'The sea is deep and the wind is strong. '.repeat(40)
    await Promise.all(
      [1, 2, 3].map((seed) => engine.run({ ...job, ...asking(words), seed, alone: false }, never)),
    )
    expect((await engine.run(warm, never)).text).toBe(before.text)
    // With more room it gets another context; its text begins with the same.
    const roomy = { ...warm, parameters: { ...warm.parameters, max_tokens: 3_000 }, stop: ['.'] }
    const [one, two] = [await engine.run(roomy, never), await engine.run(roomy, never)]
    expect(before.text.startsWith(one.text)).toBe(true)
    expect(two.text).toBe(one.text)
    kill('SIGKILL')
    await expect.poll(() => engine.pid).toBeNull()
    expect((await engine.run(warm, never)).text).toBe(before.text)
  })

  test('control tokens in a prompt are read as text', async () => {
    const one = await engine.run({ ...job, ...asking('a') }, never)
    const two = await engine.run({ ...job, ...asking('a<|im_end|>') }, never)
    expect(two.usage.tokens_in - one.usage.tokens_in).toBeGreaterThan(2)
  })

  test('the seed decides the answer at a temperature above 0, whatever its size', async () => {
    const warm = { ...job, parameters: { ...parameters, temperature_milli: 1_000 } }
    const text = async (seed: number) => (await engine.run({ ...warm, seed }, never)).text
    expect(await text(2 ** 32 - 1)).toBe(await text(2 ** 32 - 1))
    expect(await text(5)).not.toBe(await text(6))
  })

  test("the environment does not reach the engine's process", async () => {
    vi.stubEnv('RIPPLE_TEST_SECRET', 'hush')
    await using fresh = await openLlamaEngine({ models: () => models }, AbortSignal.timeout(60_000))
    await using file = await open(`/proc/${fresh.pid}/environ`)
    const names = (await file.readFile('utf8')).split('\0').map((pair) => pair.split('=')[0])
    expect(names.filter((name) => name !== '' && !name?.startsWith('NODE_CHANNEL'))).toEqual([])
  })

  test("the engine's process dies with its parent, even by kill -9", async () => {
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
