import { link, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LlamaEngine, openLlamaEngine, type RunnableModel } from '../../host/engine/llama.ts'
import type { RunJob } from '../../host/engine/port.ts'
import { plainPrompt } from '../../host/types/inference.ts'
import { baseModel, testModel } from '../harness/model.ts'

const parameters = {
  max_tokens: 48,
  temperature_milli: 0,
  top_p_milli: 1000,
  top_k: 0,
  context_tokens: 2_048,
}
const never = new AbortController().signal

/** Loads of a model, in one of which a run of another has to be quicker. */
const LOADS = 5

/** Several models: one file under several names, which to the engine are as different as any. */
describe('models in memory', () => {
  let folder: string
  let models: RunnableModel[]
  let each: number

  beforeAll(async () => {
    const model = await testModel()
    folder = await mkdtemp(join(dirname(model.path) || homedir(), '.test-'))
    models = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const path = join(folder, `${name}.gguf`)
        await link(model.path, path)
        return { ...model, name, sha256: name, path }
      }),
    )
    await using engine = await open({})
    await engine.load('a', never)
    each = engine.loaded()[0]?.bytes ?? 0
  })
  afterAll(() => rm(folder, { recursive: true }))

  const open = (options: { memory_bytes?: number; idle_ms?: number; slots?: number }): Promise<LlamaEngine> =>
    openLlamaEngine({ models: () => models, slots: 2, ...options }, AbortSignal.timeout(60_000))
  const job = (model: string, over: Partial<RunJob> = {}): RunJob => ({
    model,
    ...plainPrompt('Tell me of the sea.', { parameters, seed: 1 }),
    prefix: '',
    alone: false,
    onText: () => {},
    ...over,
  })
  const loaded = (engine: LlamaEngine) => engine.loaded().map(({ sha256 }) => sha256)
  /** Begins a long run of a model and waits for its first word; the run's end adds its name to `seen`. */
  const longRun = async (engine: LlamaEngine, name = 'run') => {
    const begun = Promise.withResolvers<void>()
    const seen: string[] = []
    const long = { ...parameters, max_tokens: 400 }
    const run = engine
      .run(job('a', { parameters: long, onText: () => begun.resolve() }), never)
      .then(() => seen.push(name))
    await begun.promise
    return { run, seen }
  }

  test('a model takes the memory of its weights and contexts', () => {
    expect(each).toBeGreaterThan(100_000_000)
    expect(each).toBeLessThan(1_000_000_000)
  })

  test('several models stay in memory, and the least recently used is unloaded for another', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 2.5) })
    await engine.run(job('a'), never)
    await engine.run(job('b'), never)
    await engine.run(job('a'), never)
    expect(loaded(engine)).toEqual(['a', 'b'])
    await engine.run(job('c'), never)
    expect(loaded(engine)).toEqual(['c', 'a'])
    await engine.load('b', never)
    expect(loaded(engine)).toEqual(['b', 'c'])
  })

  test('runs of two models go on at the same time', async () => {
    await using engine = await open({ memory_bytes: each * 3 })
    await Promise.all([engine.load('a', never), engine.load('b', never)])
    let both = false
    const onText = () => {
      both ||= engine.loaded().every(({ running }) => running === 1)
    }
    const [one, two] = await Promise.all(['a', 'b'].map((name) => engine.run(job(name, { onText }), never)))
    expect(both).toBe(true)
    expect(one?.text).toBe(two?.text)
  })

  test('a chat model and a base model run at the same time', async () => {
    const real = [await testModel(), await baseModel()]
    await using engine = await openLlamaEngine({ models: () => real, slots: 2 }, AbortSignal.timeout(60_000))
    const [chats, continues] = real.map(({ sha256 }) => job(sha256)) as [RunJob, RunJob]
    const both = [engine.run(chats, never), engine.run(continues, never)]
    const [one, two] = await Promise.all(both)
    expect(one?.template_digest).toMatch(/^[0-9a-f]{64}$/)
    expect(two?.template_digest).toBeNull()
    expect(new Set(loaded(engine))).toEqual(new Set(real.map(({ sha256 }) => sha256)))
    const turn = { role: 'user' as const, content: 'Hi', tool_calls: [], tool_call_id: null }
    const input = { type: 'chat' as const, messages: [turn], tools: [], tool_choice: 'none' as const }
    expect((await engine.run({ ...chats, input }, never)).text).not.toBe('')
    const refused = engine.run({ ...continues, input }, never)
    await expect(refused).rejects.toMatchObject({ code: 'RIPPLE_MODEL_NOT_CHAT' })
    const embed = { type: 'embed' as const, texts: ['one', 'two'] }
    const { vectors } = JSON.parse((await engine.run({ ...continues, input: embed }, never)).text)
    expect(vectors).toHaveLength(2)
  })

  test('a model with a run is never unloaded, and another waits for its memory alone', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 1.5) })
    const seen: string[] = []
    const first = engine.run(job('a', { onText: () => seen.push(`a beside ${loaded(engine)}`) }), never)
    const second = engine.run(job('b', { onText: () => seen.push(`b beside ${loaded(engine)}`) }), never)
    const gone = engine.run(job('c'), AbortSignal.timeout(300))
    await expect(gone).rejects.toMatchObject({ name: 'TimeoutError' })
    expect((await first).text).toBe((await second).text)
    expect(new Set(seen)).toEqual(new Set(['a beside a', 'b beside b']))
  })

  test('runs whose contexts do not fit together go on one after the other', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 1.1) })
    const most: number[] = []
    const onText = () => most.push(engine.loaded()[0]?.bytes ?? 0)
    const runs = [1, 2, 3].map(() => engine.run(job('a', { onText }), never))
    const gone = engine.run(job('a'), AbortSignal.timeout(500))
    await expect(gone).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(new Set((await Promise.all(runs)).map(({ text }) => text)).size).toBe(1)
    expect(Math.max(...most)).toBeLessThanOrEqual(each)
  })

  test('a shared context is freed after its last run, or for a model that needs memory', async () => {
    let most = 0
    const two = (engine: LlamaEngine) => {
      const onText = () => {
        most = Math.max(most, engine.loaded()[0]?.bytes ?? 0)
      }
      return [1, 2].map(() => engine.run(job('a', { onText }), never))
    }
    // The size of a context relative to its model depends on the processor, so it is measured first.
    {
      await using free = await open({})
      await Promise.all(two(free))
    }
    expect(most).toBeGreaterThan(each)
    const memory_bytes = most
    await using engine = await open({ memory_bytes })
    // It has room for more than its part of the context, and ends with its first word.
    const roomy = { ...parameters, max_tokens: 2_500, context_tokens: 4_096 }
    const long = () => engine.run(job('a', { parameters: roomy, stop: [' ', ','] }), never)
    most = 0
    await Promise.all(two(engine))
    expect(most).toBe(memory_bytes)
    const alone = await long()
    expect(alone.finish).toBe('stop')
    const ends = await Promise.all([...two(engine), long()])
    expect(ends.map(({ usage }) => usage.tokens_out)).toEqual([48, 48, alone.usage.tokens_out])
  })

  test('a continued answer with nothing left to generate takes no context, however long', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 1.02) })
    const prefix = 'The sea is deep and the wind is strong. '.repeat(4_000)
    const end = await engine.run(job('a', { prefix }), never)
    expect(end).toMatchObject({ text: '', finish: 'length', usage: { tokens_out: 0 } })
    expect(end.usage.tokens_in).toBeGreaterThan(30_000)
    expect(engine.loaded()[0]?.bytes).toBeLessThanOrEqual(each)
  })

  test("embeddings and runs wait for each other's memory", async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 1.02) })
    const embed = () => {
      const input = { type: 'embed' as const, texts: ['The sea is deep. '.repeat(40)] }
      return engine.run(job('a', { input }), never)
    }
    const run = () => engine.run(job('a'), never)
    const ends = await Promise.all([run(), embed(), run()])
    expect(ends.map(({ usage }) => usage.tokens_out)).toEqual([48, 0, 48])
  })

  test('a model that never fits in the memory is refused', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each / 2) })
    expect(engine.memoryBudget()).toBe(Math.floor(each / 2))
    const run = engine.run(job('a'), never)
    await expect(run).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MEMORY', facts: { model: 'a' } })
    expect(engine.loaded()).toEqual([])
  })

  test('a model that never fits is refused at once, and nothing is unloaded for it', async () => {
    const path = join(folder, 'large.gguf')
    // A file with a hole: it is as long as it says, and takes no room on the disk.
    await writeFile(path, '')
    await truncate(path, each * 4)
    models.push({ ...(models[0] as RunnableModel), name: 'large', sha256: 'large', path })
    await using engine = await open({ memory_bytes: each * 3 })
    await engine.load('b', never)
    const { run, seen } = await longRun(engine)
    const refused = expect(engine.run(job('large'), never)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_MEMORY',
      facts: { model: 'large' },
    })
    await refused.then(() => seen.push('refused'))
    expect(new Set(loaded(engine))).toEqual(new Set(['a', 'b']))
    await run
    expect(seen).toEqual(['refused', 'run'])
  })

  test('a context that never fits is refused at once, and running contexts stay', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 1.05) })
    const { run, seen } = await longRun(engine)
    const roomy = { ...parameters, max_tokens: 4_096, context_tokens: 8_192 }
    const { input } = plainPrompt('The sea is deep and the wind is strong. '.repeat(300), {
      parameters: roomy,
      seed: 1,
    })
    await expect(engine.run(job('a', { input, parameters: roomy }), never)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_MEMORY',
    })
    seen.push('refused')
    await run
    expect(seen).toEqual(['refused', 'run'])
  })

  test('a context that does not fit beside its model says so', async () => {
    await using engine = await open({ memory_bytes: Math.floor(each * 1.05) })
    const roomy = { ...parameters, max_tokens: 4_096, context_tokens: 8_192 }
    const words = 'The sea is deep and the wind is strong. '.repeat(300)
    const { input } = plainPrompt(words, { parameters: roomy, seed: 1 })
    const run = engine.run(job('a', { input, parameters: roomy }), never)
    await expect(run).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MEMORY' })
    expect((await engine.run(job('a'), never)).text).not.toBe('')
  })

  test('an unload waits for the runs and can be aborted', async () => {
    await using engine = await open({ memory_bytes: each * 3 })
    await engine.load('a', never)
    const begun = Promise.withResolvers<void>()
    const run = engine.run(job('a', { onText: () => begun.resolve() }), never)
    await begun.promise
    const unload = engine.unload('a', AbortSignal.timeout(1))
    await expect(unload).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await engine.unload('a', never)).toBe(true)
    expect((await run).text).not.toBe('')
    expect(engine.loaded()).toEqual([])
  })

  test('a run waits for a model that is being unloaded, and another model answers meanwhile', async () => {
    await using engine = await open({ memory_bytes: each * 3, slots: 4 })
    await Promise.all([engine.load('a', never), engine.load('b', never)])
    const { run: first, seen } = await longRun(engine, 'first')
    const unload = engine.unload('a', never)
    const again = engine.run(job('a'), never).then(() => seen.push('again'))
    const other = engine.run(job('b'), never).then(() => seen.push('other'))
    expect(await unload).toBe(true)
    await Promise.all([first, again, other])
    expect(seen).toEqual(['other', 'first', 'again'])
  })

  test("a run of a loaded model does not wait for another model's load", async () => {
    await using engine = await open({ memory_bytes: each * 3 })
    await engine.load('a', never)
    let isBeside = false
    // Which of the two is quicker hangs on the machine; whoever waits for the load never is.
    for (let round = 0; round < LOADS && !isBeside; round += 1) {
      let first: string[] = []
      const onText = () => {
        if (first.length === 0) first = loaded(engine)
      }
      const load = engine.load('b', never)
      await engine.run(job('a', { onText }), never)
      await load
      expect(new Set(loaded(engine))).toEqual(new Set(['a', 'b']))
      isBeside = !first.includes('b')
      await engine.unload('b', never)
    }
    expect(isBeside).toBe(true)
  })

  test('an idle model is unloaded after a while, and then the process ends', async () => {
    await using engine = await open({ memory_bytes: each * 3, idle_ms: 1_500 })
    await engine.run(job('a'), never)
    const pid = engine.pid
    await engine.run(job('b', { parameters: { ...parameters, max_tokens: 200 } }), never)
    expect(engine.pid).toBe(pid)
    await expect.poll(() => loaded(engine), { timeout: 10_000 }).not.toContain('a')
    await expect.poll(() => engine.pid, { timeout: 10_000 }).toBeNull()
    expect((await engine.run(job('a'), never)).text).not.toBe('')
    expect(engine.pid).not.toBe(pid)
  })
})
