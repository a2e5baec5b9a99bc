/** Tests the engine when its process dies while it splits a prompt. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { LlamaEngine } from '../../../host/engine/llama.ts'
import { startLlamaProcess } from '../../../host/engine/llama-process.ts'
import { plainPrompt } from '../../../host/types/inference.ts'

const main = fileURLToPath(new URL('../../harness/fatal-engine.ts', import.meta.url))
const setup = { gpu: 'off' as const, threads: 1, slots: 2, memory_bytes: 2 ** 31, idle_ms: 60_000 }
const never = new AbortController().signal
const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1_000, top_k: 0, context_tokens: 512 }

test('a prompt is blamed if the process dies while it splits that prompt', async () => {
  const start = (signal: AbortSignal) => startLlamaProcess(setup, {}, signal, main)
  const model = {
    sha256: 'm',
    name: 'm',
    path: 'm',
    bytes: 1,
    context_tokens: 512,
    chat_template: 'own' as const,
  }
  const needs = { models: () => [model], start, memory: () => setup.memory_bytes, slots: 2, idle_ms: 60_000 }
  await using engine = new LlamaEngine(needs, await start(never))
  const begun = Promise.withResolvers<void>()
  const run = (prompt: string, onRead = () => {}) =>
    engine.run(
      {
        model: 'm',
        ...plainPrompt(prompt, { parameters, seed: 1 }),
        prefix: '',
        alone: false,
        onRead,
        onText: () => {},
      },
      never,
    )
  const beside = expect(run('Tell me of the sea.', begun.resolve)).rejects.toMatchObject({
    code: 'RIPPLE_ENGINE_CRASHED',
  })
  await begun.promise
  await expect(run('This is fatal.')).rejects.toMatchObject({
    code: 'RIPPLE_PROMPT_FATAL',
    message: expect.stringContaining('SIGSEGV'),
  })
  await beside
  // The next run gets another process.
  const again = Promise.withResolvers<void>()
  const next = run('Tell me of the sea.', again.resolve).catch((thrown: unknown) => thrown)
  await again.promise
  await engine[Symbol.asyncDispose]()
  expect(await next).toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
})
