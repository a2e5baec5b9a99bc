import { describe, expect, test } from 'vitest'
import { ReadPace } from '../../../host/engine/child/read-pace.ts'
import { limits } from '../../../host/limits.ts'

const batch = limits.engine_batch_tokens.cpu

describe('a piece of a prompt', () => {
  test('a piece of a prompt is a whole batch if nobody waits', () => {
    const pace = new ReadPace()
    expect(pace.tokens(batch, 0)).toBe(batch)
    pace.took(batch, 60_000)
    expect(pace.tokens(batch, 0)).toBe(batch)
  })

  test('a piece of a prompt is small before the reading speed is known', () => {
    expect(new ReadPace().tokens(batch, 1)).toBe(limits.read_first_tokens)
    expect(new ReadPace().tokens(4, 1)).toBe(4)
  })

  test.each([1, 3])('a piece of a prompt takes no longer than %i others may wait', (others) => {
    for (const tokensPerSecond of [0.5, 20, 100, 100_000]) {
      const pace = new ReadPace()
      pace.took(limits.read_first_tokens, (1_000 * limits.read_first_tokens) / tokensPerSecond)
      const tokens = pace.tokens(batch, others)
      expect(tokens).toBeGreaterThanOrEqual(1)
      expect(tokens).toBeLessThanOrEqual(batch)
      const seconds = (others * tokens) / tokensPerSecond
      if (tokens > 1) expect(1_000 * seconds).toBeLessThanOrEqual(limits.read_step_ms)
    }
  })

  test('a piece of a prompt is a whole batch again on a quick machine', () => {
    const pace = new ReadPace()
    pace.took(16, 20)
    expect(pace.tokens(batch, 3)).toBe(batch)
    pace.took(1, 0)
    expect(pace.tokens(batch, 3)).toBe(batch)
  })
})
