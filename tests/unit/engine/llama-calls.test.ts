import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LlamaCalls } from '../../../host/engine/llama-calls.ts'
import { limits } from '../../../host/limits.ts'
import { plainPrompt } from '../../../host/types/inference.ts'

const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1_000, top_k: 0, context_tokens: 512 }
const model = { sha256: 'm', name: 'm', file: 'm', chat_template: 'own' as const }
const run = { type: 'run' as const, model, prefix: '', ...plainPrompt('p', { parameters, seed: 1 }) }
const usage = { tokens_in: 1, tokens_out: 1, cpu_ms: 1, wall_ms: 1, peak_rss_bytes: 1 }
const done = { type: 'done' as const, finish: 'stop' as const, usage, template_digest: null }
const never = new AbortController().signal
const nobody = { onRead: () => {}, onText: () => {} }

describe('calls to the process', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function open() {
    const sent: unknown[] = []
    const kill = vi.fn()
    return { sent, kill, calls: new LlamaCalls((message) => sent.push(message), kill) }
  }

  test('simultaneous calls each get their own pieces', async () => {
    const { calls } = open()
    const [one, two] = [calls.run(run, nobody, never), calls.run(run, nobody, never)]
    calls.take({ type: 'text', id: 2, text: 'b', tokens: 1 })
    calls.take({ type: 'text', id: 1, text: 'a', tokens: 1 })
    calls.take({ ...done, id: 1 })
    calls.take({ ...done, id: 2 })
    expect([(await one.end).text, (await two.end).text]).toEqual(['a', 'b'])
  })

  test('the prompt that was split at the death is blamed, and other runs may be retried', async () => {
    const { calls } = open()
    const [before, guilty, after] = [1, 2, 3].map(() => calls.run(run, nobody, never).end)
    calls.take({ type: 'splitting', id: 1, on: true })
    calls.take({ type: 'splitting', id: 1, on: false })
    calls.take({ type: 'splitting', id: 2, on: true })
    calls.end('it was ended by SIGSEGV')
    const crash = { status: 'rejected', reason: { code: 'RIPPLE_ENGINE_CRASHED' } }
    const blamed = { status: 'rejected', reason: { code: 'RIPPLE_PROMPT_FATAL' } }
    expect(await Promise.allSettled([before, guilty, after])).toMatchObject([crash, blamed, crash])
  })

  test('each call learns of its start and its progress', async () => {
    const { calls } = open()
    const read: [number, number][] = []
    for (const run_ of [1, 2])
      calls.run(run, { ...nobody, onRead: (tokens) => read.push([run_, tokens]) }, never)
    calls.take({ type: 'read', id: 2, tokens: 0 })
    calls.take({ type: 'read', id: 1, tokens: 0 })
    calls.take({ type: 'read', id: 2, tokens: 128 })
    expect(read).toEqual([
      [2, 0],
      [1, 0],
      [2, 128],
    ])
  })

  test('an aborted call ends once the process has stopped it, and reports nothing more', async () => {
    const { calls, sent, kill } = open()
    const stop = new AbortController()
    const heard: (string | number)[] = []
    const listener = {
      onRead: (tokens: number) => heard.push(tokens),
      onText: (text: string) => heard.push(text),
    }
    const { end, over } = calls.run(run, listener, stop.signal)
    stop.abort(new Error('enough'))
    expect(sent.at(-1)).toEqual({ type: 'stop', id: 1 })
    calls.take({ type: 'read', id: 1, tokens: 0 })
    calls.take({ type: 'text', id: 1, text: 'late', tokens: 2 })
    calls.take({ ...done, id: 1 })
    await expect(end).rejects.toThrow('enough')
    await over
    await vi.advanceTimersByTimeAsync(2 * limits.engine_stop_ms)
    expect(heard).toEqual([])
    expect(kill).not.toHaveBeenCalled()
  })

  test('a process that does not stop is killed once no other run goes on', async () => {
    const { calls, kill } = open()
    const stop = new AbortController()
    const aborted = calls.run(run, nobody, stop.signal)
    const other = calls.run(run, nobody, never)
    stop.abort(new Error('enough'))
    const rejected = expect(aborted.end).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(limits.engine_stop_ms)
    await rejected
    expect(kill).not.toHaveBeenCalled()
    calls.take({ ...done, id: 2 })
    await other.end
    expect(kill).toHaveBeenCalledOnce()
  })

  test('a process that does not stop is killed, also while an unload waits', async () => {
    const { calls, kill } = open()
    const stop = new AbortController()
    const aborted = calls.run(run, nobody, stop.signal)
    const unload = calls.change({ type: 'unload', sha256: 'm' }, never)
    stop.abort(new Error('enough'))
    const rejected = expect(aborted.end).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(limits.engine_stop_ms)
    await rejected
    expect(kill).toHaveBeenCalledOnce()
    calls.end('it was ended by SIGKILL')
    await expect(unload.end).rejects.toMatchObject({ code: 'RIPPLE_ENGINE_CRASHED' })
  })

  test('a process that only waits is left alone', async () => {
    const { calls, kill } = open()
    const stop = new AbortController()
    const unload = calls.change({ type: 'unload', sha256: 'm' }, stop.signal)
    stop.abort(new Error('enough'))
    const rejected = expect(unload.end).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(limits.engine_stop_ms)
    await rejected
    expect(kill).not.toHaveBeenCalled()
  })

  test('a death ends all calls and rejects later ones', async () => {
    const { calls } = open()
    calls.take({ type: 'models', models: [{ sha256: 'm', bytes: 1, running: 2 }] })
    expect(calls.models).toHaveLength(1)
    const all = [
      calls.run(run, nobody, never).end,
      calls.change({ type: 'load', model }, never).end,
      calls.change({ type: 'unload', sha256: 'm' }, AbortSignal.abort(new Error('enough'))).end,
    ]
    calls.end('it was ended by SIGKILL')
    const ends = await Promise.allSettled([...all, calls.run(run, nobody, never).end])
    const crash = { status: 'rejected', reason: { code: 'RIPPLE_ENGINE_CRASHED' } }
    const aborted = { status: 'rejected', reason: { message: 'enough' } }
    expect(ends).toMatchObject([crash, crash, aborted, crash])
    expect(calls.models).toEqual([])
    expect(calls.ended).toBe(true)
  })

  test('an answer to an unknown call is ignored', async () => {
    const { calls } = open()
    const { end } = calls.run(run, nobody, never)
    calls.take({ ...done, id: 7 })
    calls.take({ type: 'answered', id: 1, changed: true })
    await expect(end).rejects.toMatchObject({ code: 'RIPPLE_ENGINE_CRASHED' })
  })
})
