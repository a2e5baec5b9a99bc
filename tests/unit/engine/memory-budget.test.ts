import { expect, test } from 'vitest'
import { LlamaEngine } from '../../../host/engine/llama.ts'
import { LlamaCalls } from '../../../host/engine/llama-calls.ts'
import type { LlamaProcess } from '../../../host/engine/llama-process.ts'
import { loadable, memoryBudget, memoryForModel } from '../../../host/engine/memory-budget.ts'
import type { EngineGpu, LoadedModel } from '../../../host/engine/port.ts'
import { limits } from '../../../host/limits.ts'

const GIB = 1024 ** 3
const engineOf = (budget: number, loaded: LoadedModel[] = [], gpu: EngineGpu | null = null) => ({
  gpu,
  loaded: () => loaded,
  memoryBudget: () => budget,
})

test("models get the owner's budget, else a share of the free memory", () => {
  expect(memoryBudget(3 * GIB, GIB)).toBe(3 * GIB)
  expect(memoryBudget(null, 10 * GIB)).toBe(Math.floor(10 * GIB * limits.engine_memory_share))
})

test('a model whose file exceeds the budget cannot be loaded', () => {
  const models = [GIB - 1, GIB, GIB + 1].map((bytes) => ({ bytes }))
  expect(loadable(models, GIB)).toEqual(models.slice(0, 2))
  expect(loadable(models, Number.POSITIVE_INFINITY)).toEqual(models)
})

test("the memory for a model is the engine's own budget", () => {
  const free = 10 * GIB
  expect(memoryForModel(engineOf(memoryBudget(null, free)), free)).toBe(memoryBudget(null, free))
})

test("memory of other models counts as free, up to the engine's budget", () => {
  const loaded = [{ sha256: 'a', bytes: 2 * GIB, running: 0 }]
  expect(memoryForModel(engineOf(6 * GIB, loaded), GIB)).toBe(3 * GIB)
  expect(memoryForModel(engineOf(6 * GIB, loaded), 5 * GIB)).toBe(6 * GIB)
})

test("a GPU's memory comes in addition to what is free", () => {
  const gpu = { backend: 'cuda' as const, devices: ['RTX'], vram_bytes: 9 * GIB, budget_bytes: 8 * GIB }
  expect(memoryForModel(engineOf(14 * GIB, [], gpu), 2 * GIB)).toBe(10 * GIB)
  expect(memoryForModel(engineOf(14 * GIB, [], gpu), 20 * GIB)).toBe(14 * GIB)
})

test('the budget counts if the machine does not say what is free', () => {
  expect(memoryForModel(engineOf(6 * GIB), null)).toBe(6 * GIB)
  expect(memoryForModel(engineOf(Number.POSITIVE_INFINITY), null)).toBeNull()
})

/** A stand-in for the engine's process that holds nothing and ends when it is told to. */
function idleProcess(memory_bytes: number) {
  const { promise: exited, resolve: exit } = Promise.withResolvers<string>()
  const calls = new LlamaCalls(
    () => {},
    () => {},
  )
  const end = async (): Promise<void> => exit('it was told to end')
  const process: LlamaProcess = {
    pid: 1,
    build: '',
    backendClass: '',
    gpu: null,
    wasKilled: () => false,
    memory_bytes,
    exited,
    calls,
    [Symbol.asyncDispose]: end,
  }
  return { process, end: () => end().then(() => exited) }
}

test('an engine process keeps its first budget, and the next one looks again', async () => {
  const { process, end } = idleProcess(5)
  const start = () => Promise.reject(new DOMException('nobody starts one here', 'NotSupportedError'))
  await using engine = new LlamaEngine(
    { models: () => [], start, memory: () => 7, slots: 1, idle_ms: 60_000 },
    process,
  )
  expect(engine.memoryBudget()).toBe(5)
  await end()
  expect(engine.memoryBudget()).toBe(7)
})

test('an idle process is replaced once more memory is free than it started with', async () => {
  const { process } = idleProcess(5)
  const large = {
    name: 'large',
    sha256: 'l',
    path: '',
    bytes: 6,
    context_tokens: 1,
    chat_template: 'own' as const,
  }
  const start = () => Promise.reject(new DOMException('nobody starts one here', 'NotSupportedError'))
  let [free, present] = [5, [large]]
  await using engine = new LlamaEngine(
    { models: () => present, start, memory: () => free, slots: 1, idle_ms: 60_000 },
    process,
  )
  // Its models in memory change, as after a run of another model.
  const changes = () =>
    process.calls.take({ type: 'models', models: [{ sha256: 's', bytes: 1, running: 0 }] })
  changes()
  expect(engine.memoryBudget()).toBe(5)
  ;[free, present] = [7, []]
  changes()
  expect(engine.memoryBudget()).toBe(5)
  present = [large]
  changes()
  expect(engine.memoryBudget()).toBe(7)
})
