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

describe('the memory of a model', () => {
  test('a model fits if the memory holds its weights and a context', () => {
    const fit = judgeFit(facts)
    expect([fit.verdict, fit.reasons, fit.memory_bytes]).toEqual(['fits', [], of(3 * GIB)])
  })

  test.each([
    [3.7, 'tight'],
    [3, 'tight'],
    [2.9, 'does_not_fit'],
  ])('a model with %d GiB of memory free is judged %s', (free, verdict) => {
    const fit = judgeFit({ ...facts, free_memory: of(free * GIB) })
    expect([fit.verdict, fit.reasons.length]).toEqual([verdict, 1])
  })

  test('a model does not fit on a short disk unless its file is here', () => {
    const free_disk = of(2 * GIB + limits.model_disk_spare_bytes - 1)
    expect(judgeFit({ ...facts, free_disk }).verdict).toBe('does_not_fit')
    expect(judgeFit({ ...facts, free_disk, here: true }).verdict).toBe('fits')
  })

  test('the memory of a model without a readable head is estimated from its size', () => {
    const fit = judgeFit({ ...facts, weights: of(null), context: of(null) })
    expect(fit.memory_bytes).toEqual(of(2.625 * GIB))
    const unknown = judgeFit({ ...facts, weights: of(null), context: of(null), file_bytes: of(null) })
    expect([unknown.verdict, unknown.memory_bytes.value, unknown.reasons.length]).toEqual(['fits', null, 2])
  })

  test('more free memory never makes a model fit worse', () => {
    const order = ['does_not_fit', 'tight', 'fits']
    const verdictAt = (free: number) => order.indexOf(judgeFit({ ...facts, free_memory: of(free) }).verdict)
    const bytes = fc.integer({ min: 0, max: 8 * GIB })
    fc.assert(fc.property(bytes, bytes, (one, more) => verdictAt(one) <= verdictAt(one + more)))
  })
})

describe('the speed of a model', () => {
  test('a model that ran here is expected to be as fast again', () => {
    const measured = { name: 'it', same: true, tokens_per_second: 12.34, bytes_per_token: null }
    expect(judgeFit({ ...facts, measured }).tokens_per_second).toEqual(of(12.3, 'measured here'))
  })

  test('another model is expected to be slower by the bytes it reads for a token', () => {
    const fit = judgeFit(facts)
    expect(fit.tokens_per_second).toEqual(of(10))
    expect(fit.speed_note).toBe(
      'small ran at 40 tokens a second here, and this one reads 4 times as much for each',
    )
  })

  test('no speed is given without a measurement or a readable head', () => {
    for (const given of [{ measured: null }, { bytes_per_token: null }])
      expect(judgeFit({ ...facts, ...given }).tokens_per_second).toEqual(of(null, 'not known'))
  })
})
