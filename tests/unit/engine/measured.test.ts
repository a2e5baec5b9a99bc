import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { lastSpeed, notingSpeed } from '../../../host/daemon/models/speed-note.ts'
import { measured } from '../../../host/engine/measured.ts'
import type { Engine } from '../../../host/engine/port.ts'
import { plainPrompt } from '../../../host/types/inference.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

const { signal } = new AbortController()
const parameters = { max_tokens: 64, temperature_milli: 0, top_p_milli: 1_000, top_k: 0, context_tokens: 64 }
const ask = { ...plainPrompt('p', { parameters, seed: 1 }), prefix: '', alone: true }

/** An engine that gives so many tokens; `wait` passes the time before the first and after each. */
function engine(tokens: number, wait: (ms: number) => unknown): Engine {
  return {
    build: 'e',
    backendClass: 'c',
    gpu: null,
    slots: 1,
    busyMs: () => 0,
    loaded: () => [],
    memoryBudget: () => Number.POSITIVE_INFINITY,
    load: async () => {},
    unload: async () => false,
    models: () =>
      ['first', 'second'].map((name) => ({ name, sha256: name, path: '', bytes: 1, context_tokens: 64 })),
    run: async ({ onText }) => {
      await wait(5_000)
      for (let i = 0; i < tokens; i += 1) {
        onText('a', i + 1)
        await wait(20)
      }
      const usage = { tokens_in: 1, tokens_out: tokens, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }
      return { text: 'a'.repeat(tokens), finish: 'length', usage, template_digest: null }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

describe('the speed of a run', () => {
  test.each([
    ['of the first model', 'first', 33, [50]],
    ['that was too short', 'first', 15, []],
    ['of another model', 'second', 33, []],
  ])(
    'a speed is measured only on a long run of the first model: %s',
    async (_what, model, tokens, speeds) => {
      let now = 1
      const told: number[] = []
      const inner = engine(tokens, (ms) => {
        now += ms
      })
      const one = measured(
        inner,
        (speed) => told.push(speed),
        () => now,
      )
      const heard: string[] = []
      const { text } = await one.run({ ...ask, model, onText: (piece) => heard.push(piece) }, signal)
      expect(told).toEqual(speeds)
      expect(heard.join('')).toBe(text)
    },
  )

  test('the speed of a run is stored in the journal for the next card', async () => {
    const journal = new MemoryJournal()
    expect(await lastSpeed(journal)).toBe(0)
    const inner = engine(32, () => sleep(1))
    await notingSpeed(inner, journal, () => expect.unreachable()).run(
      { ...ask, model: 'first', onText: () => {} },
      signal,
    )
    expect(await lastSpeed(journal)).toBeGreaterThan(0)
  })
})
