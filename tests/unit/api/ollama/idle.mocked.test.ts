/** Tests a stream of Ollama's API whose model is silent. */
import { expect, test, vi } from 'vitest'
import { StandInInference, untilAborted } from '../openai-stand-in.ts'
import { serveOllama } from './stub-ollama.ts'

/** Shorter than the real ones, because this test waits for them. */
const shorter = vi.hoisted(() => ({ reader_stall_ms: 400, event_ping_ms: 50 }))
vi.mock(import('../../../../host/limits.ts'), async (original) => {
  const { limits, ...rest } = await original()
  return { ...rest, limits: Object.assign({}, limits, shorter) }
})

test('a silent stream sends empty lines, and is not cut off', async () => {
  const inference = new StandInInference(() => ({ pieces: untilAborted }))
  const { url } = await serveOllama(inference)
  const begun = performance.now()
  const answer = await fetch(`${url}/api/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'SmolLM2-135M-Instruct', prompt: 'Hi' }),
  })
  let said = ''
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += piece
    if (performance.now() - begun > 3 * shorter.reader_stall_ms) break
  }
  const [first, ...rest] = said.trim().split('\n')
  expect(JSON.parse(first ?? '')).toMatchObject({ response: 'Hello', done: false })
  expect(rest.length).toBeGreaterThan(5)
  for (const line of rest) expect(JSON.parse(line)).toMatchObject({ response: '', done: false })
})
