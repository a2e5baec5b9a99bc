import { expect, test } from 'vitest'
import { LlamaCalls } from '../../../host/engine/llama-calls.ts'
import type { LlamaProcess } from '../../../host/engine/llama-process.ts'
import { ProcessStarts } from '../../../host/engine/process-starts.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { GpuChoice } from '../../../host/types/gpu-choice.ts'
import { plainPrompt } from '../../../host/types/inference.ts'

const never = new AbortController().signal
const parameters = { max_tokens: 1, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 2_048 }
const gpu = { backend: 'vulkan' as const, devices: ['Arc'], vram_bytes: 2, budget_bytes: 1 }
const unusable = new RippleError('RIPPLE_GPU_UNUSABLE', { gpu: 'vulkan', detail: 'no device' })
const crash = new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'it was ended by SIGSEGV' })

/** Starts of an engine whose GPU has no process as long as `error` is set. */
function stage(choice: GpuChoice) {
  const state = {
    error: null as Error | null,
    begun: [] as GpuChoice[],
    failures: [] as string[],
    killed: false,
    end: (_detail: string): void => {},
    calls: new LlamaCalls(
      () => {},
      () => {},
    ),
  }
  const start = async (on: GpuChoice): Promise<LlamaProcess> => {
    state.begun.push(on)
    if (on !== 'off' && state.error !== null) throw state.error
    const { promise: exited, resolve } = Promise.withResolvers<string>()
    state.end = (detail) => {
      state.calls.end(detail)
      resolve(detail)
    }
    const wasKilled = () => state.killed
    const fixed = { pid: 1, build: '', backendClass: '', memory_bytes: 1, calls: state.calls }
    const used = on === 'off' ? null : gpu
    return { ...fixed, gpu: used, exited, wasKilled, [Symbol.asyncDispose]: async () => {} }
  }
  const onGpuFailed = (detail: string): void => void state.failures.push(detail)
  return { state, starts: new ProcessStarts({ gpu: choice, start, onGpuFailed }) }
}

/** Lets what waits for the end of a process happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a machine without a usable GPU is asked once, and nothing has failed', async () => {
  const { state, starts } = stage('auto')
  state.error = unusable
  expect((await starts.first(never)).gpu).toBeNull()
  await starts.next(never)
  expect(state.begun).toEqual(['auto', 'off', 'off'])
  expect([state.failures, starts.gpuFailed]).toEqual([[], false])
})

test('a driver that crashes at the start is reported, and the CPU is used', async () => {
  const { state, starts } = stage('auto')
  state.error = crash
  expect((await starts.first(never)).gpu).toBeNull()
  expect(state.failures).toEqual([crash.message])
})

test.each([
  ['is not there', unusable],
  ['crashes', crash],
])('a named GPU that %s is an error at the start', async (_how, error) => {
  const { state, starts } = stage('vulkan')
  state.error = error
  await expect(starts.first(never)).rejects.toMatchObject({ code: 'RIPPLE_GPU_UNUSABLE' })
  expect(state.begun).toEqual(['vulkan'])
})

test('a named GPU that goes away later is reported, and the CPU is used', async () => {
  const { state, starts } = stage('vulkan')
  expect((await starts.first(never)).gpu).toEqual(gpu)
  state.error = unusable
  expect((await starts.next(never)).gpu).toBeNull()
  expect([state.failures, starts.gpuFailed]).toEqual([[unusable.message], true])
})

test('a crash on the GPU leads the next process to the CPU; a kill does not', async () => {
  const { state, starts } = stage('auto')
  await starts.first(never)
  state.killed = true
  state.end('it was ended by SIGKILL')
  await settle()
  expect((await starts.next(never)).gpu).toEqual(gpu)
  state.killed = false
  state.end('it was ended by SIGABRT')
  await settle()
  expect((await starts.next(never)).gpu).toBeNull()
  expect(state.failures).toEqual(['it was ended by SIGABRT'])
})

test('a prompt that ends the process is not the fault of the GPU', async () => {
  const { state, starts } = stage('auto')
  await starts.first(never)
  const model = { sha256: '0'.repeat(64), name: '', file: '', chat_template: 'none' as const }
  const asked = plainPrompt('a', { parameters, seed: 1 })
  const listener = { onRead: () => {}, onText: () => {} }
  const { end } = state.calls.run({ type: 'run', model, prefix: '', ...asked }, listener, never)
  state.calls.take({ type: 'splitting', id: 1, on: true })
  state.end('it was ended by SIGSEGV')
  await expect(end).rejects.toMatchObject({ code: 'RIPPLE_PROMPT_FATAL' })
  await settle()
  expect((await starts.next(never)).gpu).toEqual(gpu)
  expect(state.failures).toEqual([])
})

test('an abort is no failure of the GPU', async () => {
  const { state, starts } = stage('auto')
  state.error = crash
  await expect(starts.first(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  expect(state.failures).toEqual([])
})
