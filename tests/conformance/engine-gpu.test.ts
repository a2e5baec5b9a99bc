/** Tests the engine on a GPU: Mesa's software GPU stands in for a real one. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { type LlamaEngine, openLlamaEngine, type RunnableModel } from '../../host/engine/llama.ts'
import { forkProgram } from '../../host/processes/fork-program.ts'
import type { GpuChoice } from '../../host/types/gpu-choice.ts'
import { plainPrompt } from '../../host/types/inference.ts'
import { testModel } from '../harness/model.ts'
import { softwareGpuProblem, withSoftwareGpu } from '../harness/software-gpu.ts'

const never = new AbortController().signal
const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 2_048 }
const problem = softwareGpuProblem()
if (problem !== null) console.warn(`the engine is not tested on a GPU: ${problem}`)

describe.skipIf(problem !== null)(
  `the engine on a GPU${problem === null ? '' : ` (skipped: ${problem})`}`,
  () => {
    let model: RunnableModel
    let failures: string[] = []

    beforeAll(async () => {
      model = await testModel()
    })

    function open(gpu: GpuChoice, env: Readonly<Record<string, string>>): Promise<LlamaEngine> {
      failures = []
      const onGpuFailed = (detail: string) => failures.push(detail)
      return openLlamaEngine({ models: () => [model], gpu, env, onGpuFailed }, AbortSignal.timeout(60_000))
    }

    async function answer(engine: LlamaEngine): Promise<string> {
      const asked = plainPrompt('What is the capital of France?', { parameters, seed: 1 })
      const job = { model: model.sha256, ...asked, prefix: '', alone: true, onText: () => {} }
      return (await engine.run(job, never)).text
    }

    test('the default uses the GPU that llama.cpp finds, and its memory counts', async () => {
      await using engine = await open('auto', withSoftwareGpu)
      const { gpu } = engine
      expect(gpu).toMatchObject({ backend: 'vulkan', devices: [expect.stringContaining('llvmpipe')] })
      expect(engine.backendClass).toMatch(/\/vulkan-x64-llvmpipe-/)
      expect(gpu?.budget_bytes).toBeGreaterThan(0)
      expect(gpu?.budget_bytes).toBeLessThan(gpu?.vram_bytes ?? 0)
      expect(engine.memoryBudget()).toBeGreaterThan(gpu?.budget_bytes ?? 0)
      expect(await answer(engine)).toContain('Paris')
      expect(engine.busyMs()).toBeGreaterThan(0)
      expect(failures).toEqual([])
    })

    test('a model that fits has all its layers on the GPU', async () => {
      const setup = { gpu: 'vulkan', threads: 1, slots: 1, memory_bytes: 2 ** 31, idle_ms: 60_000 }
      const { sha256, name, path: file, chat_template } = model
      const program = fileURLToPath(new URL('../harness/gpu-layers.ts', import.meta.url))
      const argument = { ...setup, file: { sha256, name, file, chat_template } }
      const [layers] = await once(
        forkProgram(program, argument, { env: withSoftwareGpu, stderr: 'ignore' }),
        'message',
      )
      expect(layers.all).toBeGreaterThan(1)
      expect(layers.there).toBe(layers.all)
    })

    test('a machine whose GPUs llama.cpp cannot use runs on the CPU and names none', async () => {
      await using engine = await open('auto', {})
      expect(engine.gpu).toBeNull()
      expect(engine.backendClass).toMatch(/\/cpu-x64/)
      expect(await answer(engine)).toMatch(/\w/)
      expect(failures).toEqual([])
    })

    test('off runs on the CPU in spite of a GPU', async () => {
      await using engine = await open('off', withSoftwareGpu)
      expect(engine.gpu).toBeNull()
    })

    test.each([
      ['cuda', withSoftwareGpu],
      ['metal', withSoftwareGpu],
      ['vulkan', {}],
    ] as const)('a named GPU that is not there is an error with a fix: %s', async (gpu, env) => {
      await expect(open(gpu, env)).rejects.toMatchObject({
        code: 'RIPPLE_GPU_UNUSABLE',
        message: expect.stringContaining(gpu),
        hint: expect.stringContaining('engine.gpu'),
      })
    })

    test('a crash on the GPU is reported, and the next run is on the CPU', async () => {
      await using engine = await open('vulkan', withSoftwareGpu)
      const { pid } = engine
      if (pid !== null) process.kill(pid, 'SIGSEGV')
      await expect.poll(() => failures).toEqual([expect.stringContaining('SIGSEGV')])
      expect(engine.gpu).toBeNull()
      expect(await answer(engine)).toMatch(/\w/)
      expect(engine.backendClass).toMatch(/\/cpu-x64/)
    })

    test('a process that is killed, for example for lack of memory, does not count as a failure of the GPU', async () => {
      await using engine = await open('auto', withSoftwareGpu)
      const { pid } = engine
      if (pid !== null) process.kill(pid, 'SIGKILL')
      await expect.poll(() => engine.pid).toBeNull()
      await engine.load(model.sha256, never)
      expect(engine.gpu).not.toBeNull()
      expect(failures).toEqual([])
    })
  },
)
