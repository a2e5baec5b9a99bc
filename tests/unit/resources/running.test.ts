/** Tests which allocations run by the entries of their owner. */
import { expect, test } from 'vitest'
import { nothing } from '../../../host/resources/amounts.ts'
import { entryKey, freeOf, isRunning, lastEntries, readKey } from '../../../host/resources/running.ts'
import type { Allocation } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { Written } from '../../../zomes-bindings/generated/shared.ts'

const two = { ...nothing, cpu_cores: 2 }

function entry(id: string, changes: Partial<Allocation> = {}): Written<Allocation> {
  return {
    ...{ hash: `hash of ${id}`, author: 'owner', seq: 1, at: 1 },
    entry: {
      ...{ dna_hash: 'dna', allocation_id: id, offer: 'offer', holder: 'holder', share: two },
      ...{ endpoint: '/p2p/x', expires_at: 1_000 },
      ...changes,
    },
  }
}

const runningAt = (now: number, ...entries: Written<Allocation>[]) =>
  [...lastEntries(entries).values()].filter((one) => isRunning(one, now))

test('an allocation runs until its time', () => {
  expect(runningAt(999, entry('a'))).toMatchObject([{ id: 'a', node: 'owner', holder: 'holder', share: two }])
  expect(runningAt(1_000, entry('a'))).toEqual([])
})

test('a renewal counts in place of the first entry, in whatever order they are read', () => {
  const renewal = entry('a.2', { expires_at: 2_000 })
  for (const entries of [
    [entry('a'), renewal],
    [renewal, entry('a')],
  ])
    expect(runningAt(1_500, ...entries)).toMatchObject([{ id: 'a', version: 2, expires_at: 2_000 }])
})

test('an entry of nothing ends an allocation', () => {
  const end = entry('a.10', { share: nothing })
  expect(runningAt(0, entry('a'), entry('a.9'), end, entry('b'))).toMatchObject([{ id: 'b' }])
})

test('the key of an entry names the allocation and the number of the entry', () => {
  expect(entryKey('abc', 1)).toBe('abc')
  expect(readKey(entryKey('abc', 12))).toEqual({ id: 'abc', version: 12 })
  expect(readKey('a key without a number.')).toEqual({ id: 'a key without a number.', version: 1 })
})

test('shares leave the rest of a capacity', () => {
  const capacity = { ...nothing, cpu_cores: 3, tags: ['model:a'] }
  const shares = [{ share: two }, { share: { ...two, tags: ['model:a'] } }]
  expect(freeOf(capacity, shares)).toEqual(nothing)
})
