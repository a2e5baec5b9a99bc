/** Whether a model fits, and how fast it is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { type Figure, type FitFacts, judgeFit } from '../../../host/models/fit.ts'

const GIB = 1024 ** 3
const of = (value: number | null, basis: Figure['basis'] = 'estimated'): Figure => ({ value, basis })

const facts: FitFacts = {
  file_bytes: of(2 * GIB, 'from the model list'),
  here: false,
  weights: of(2 * GIB, 'from the file'),
  context: of(1 * GIB),
  context_tokens: 4_096,
  free_memory: of(8 * GIB, 'measured here'),
  free_disk: of(100 * GIB, 'measured here'),
  bytes_per_token: 2 * GIB,
  measured: { name: 'small', same: false, tokens_per_second: 40, bytes_per_token: GIB / 2 },
}

describe('whether a model fits', () => {
  test('with room it does, and needs its weights and a context', () => {
    const fit = judgeFit(facts)
    expect([fit.verdict, fit.reasons, fit.memory_bytes]).toEqual(['fits', [], of(3 * GIB)])
  })

  test.each([
    [3.7, 'tight'],
    [3, 'tight'],
    [2.9, 'does_not_fit'],
  ])('with %d GiB of memory free it is %s', (free, verdict) => {
    const fit = judgeFit({ ...facts, free_memory: of(free * GIB) })
    expect([fit.verdict, fit.reasons.length]).toEqual([verdict, 1])
  })

  test('a disk that is short keeps it out, unless it is here', () => {
    const free_disk = of(2 * GIB + limits.model_disk_spare_bytes - 1)
    expect(judgeFit({ ...facts, free_disk }).verdict).toBe('does_not_fit')
    expect(judgeFit({ ...facts, free_disk, here: true }).verdict).toBe('fits')
  })

  test('without its head the memory is taken from its size, and said to be estimated', () => {
    const fit = judgeFit({ ...facts, weights: of(null), context: of(null) })
    expect(fit.memory_bytes).toEqual(of(2.625 * GIB))
    const unknown = judgeFit({ ...facts, weights: of(null), context: of(null), file_bytes: of(null) })
    expect([unknown.verdict, unknown.memory_bytes.value, unknown.reasons.length]).toEqual(['fits', null, 2])
  })

  test('more room never makes it fit worse', () => {
    const order = ['does_not_fit', 'tight', 'fits']
    const verdictAt = (free: number) => order.indexOf(judgeFit({ ...facts, free_memory: of(free) }).verdict)
    const bytes = fc.integer({ min: 0, max: 8 * GIB })
    fc.assert(fc.property(bytes, bytes, (one, more) => verdictAt(one) <= verdictAt(one + more)))
  })
})

describe('how fast a model is', () => {
  test('that which ran here is as fast as it was', () => {
    const measured = { name: 'it', same: true, tokens_per_second: 12.34, bytes_per_token: null }
    expect(judgeFit({ ...facts, measured }).tokens_per_second).toEqual(of(12.3, 'measured here'))
  })

  test('another one is slower by as much as more is read for a token', () => {
    const fit = judgeFit(facts)
    expect(fit.tokens_per_second).toEqual(of(10))
    expect(fit.speed_note).toBe(
      'small ran at 40 tokens a second here, and this one reads 4 times as much for each',
    )
  })

  test('nothing is made up where nothing was measured, or the head cannot be read', () => {
    for (const given of [{ measured: null }, { bytes_per_token: null }])
      expect(judgeFit({ ...facts, ...given }).tokens_per_second).toEqual(of(null, 'not known'))
  })
})
