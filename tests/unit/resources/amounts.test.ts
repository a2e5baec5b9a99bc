/** Tests computing with amounts of resources. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capacityOf, covers, isNothing, minus, nothing, shareOf } from '../../../host/resources/amounts.ts'
import type { ResourceKind, Wanted } from '../../../host/types/allocation.ts'
import type { Requirements } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { cardOf } from '../../harness/sim/card.ts'

const none: Wanted = {
  ...{ cpu_cores: 0, memory_gb: 0, gpu: false, gpu_vram_gb: 0, storage_gb: 0 },
  ...{ model_name: null, vector_dimensions: 0 },
}

test('a capacity is all that the card shares', () => {
  expect(capacityOf(cardOf('a', { name: 'a' }))).toEqual({
    ...{ cpu_cores: 4, memory_mib: 8_192, disk_mib: 65_536, gpu_count: 0, vram_mib: 0 },
    tags: ['model:sim'],
  })
})

test('an offer names as many models as an entry takes', () => {
  const card = cardOf('a', { name: 'a' })
  const models = Array.from({ length: 40 }, (_, i) => ({ name: `m${i}`, digest: 'b', context_tokens: 1 }))
  const inference = { ...card.capabilities.inference, models: [...models, ...models] }
  const { tags } = capacityOf({ ...card, capabilities: { ...card.capabilities, inference } })
  expect(tags).toHaveLength(16)
  expect(new Set(tags).size).toBe(16)
})

test('a share is in the units of entries', () => {
  expect(shareOf('compute', { ...none, cpu_cores: 2, memory_gb: 1.5, gpu: true, gpu_vram_gb: 8 })).toEqual({
    ...{ cpu_cores: 2, memory_mib: 1_536, disk_mib: 0, gpu_count: 1, vram_mib: 8_192 },
    tags: [],
  })
  expect(shareOf('inference', { ...none, model_name: 'tiny' })).toEqual({ ...nothing, tags: ['model:tiny'] })
  expect(shareOf('storage', { ...none, storage_gb: 2 })).toEqual({ ...nothing, disk_mib: 2_048 })
})

describe('a request is refused by field', () => {
  test.each<[string, ResourceKind, Partial<Wanted>]>([
    ['resource_type', 'memory', { vector_dimensions: 384 }],
    ['requirements', 'compute', {}],
    ['model_name', 'inference', { cpu_cores: 1 }],
    ['storage_gb', 'compute', { cpu_cores: 1, storage_gb: 1 }],
    ['model_name', 'compute', { model_name: 'tiny' }],
    ['vector_dimensions', 'compute', { cpu_cores: 1, vector_dimensions: 384 }],
    ['cpu_cores', 'storage', { storage_gb: 1, cpu_cores: 1 }],
  ])('%s of a request for %s is refused', (field, kind, wanted) => {
    const facts = expect.objectContaining({ field })
    expect(() => shareOf(kind, { ...none, ...wanted })).toThrow(
      expect.objectContaining({ code: 'RIPPLE_RESOURCE_INVALID', facts }),
    )
  })
})

const amount = fc.record({
  cpu_cores: fc.nat(64),
  memory_mib: fc.nat(),
  disk_mib: fc.nat(),
  gpu_count: fc.nat(8),
  vram_mib: fc.nat(),
  tags: fc.uniqueArray(fc.constantFrom('model:a', 'model:b', 'model:c')),
})

test('the rest of a covered part is covered by the whole, and has none of its models', () => {
  fc.assert(
    fc.property(amount, amount, (whole: Requirements, part: Requirements) => {
      const rest = minus(whole, part)
      expect(covers(whole, rest)).toBe(true)
      expect(rest.tags.some((tag) => part.tags.includes(tag))).toBe(false)
      expect(covers(minus(whole, whole), { ...nothing, cpu_cores: 1 })).toBe(false)
    }),
  )
  expect(isNothing(nothing)).toBe(true)
  expect(isNothing({ ...nothing, tags: ['model:a'] })).toBe(false)
})
