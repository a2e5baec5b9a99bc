import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedKeys, PersistentMap } from '../../../host/planning/persistent-map.ts'

const key = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((n) => `key ${n}`),
  fc.integer({ min: 0, max: 5_000 }).map((n) => `key ${n}`),
)
const change = fc.record({ key, value: fc.option(fc.nat(3)) })
const changes = fc.array(change, { maxLength: 400, size: 'max' })

function changed(map: PersistentMap<string, number>, list: readonly { key: string; value: number | null }[]) {
  return list.reduce((now, { key, value }) => (value === null ? now.without(key) : now.with(key, value)), map)
}

test('a persistent map holds what a Map would hold', () => {
  fc.assert(
    fc.property(changes, (list) => {
      const model = new Map<string, number>()
      for (const { key, value } of list) value === null ? model.delete(key) : model.set(key, value)
      const map = changed(PersistentMap.of<string, number>([]), list)
      expect(new Map(map)).toEqual(model)
      expect([map.size, [...map.keys()].length, [...map.values()].length]).toEqual([
        model.size,
        model.size,
        model.size,
      ])
      for (const { key } of list)
        expect([map.has(key), map.get(key)]).toEqual([model.has(key), model.get(key)])
    }),
  )
})

test('no version of a persistent map changes later, and the difference of two is found', () => {
  fc.assert(
    fc.property(changes, changes, (first, then) => {
      const before = changed(PersistentMap.of<string, number>([]), first)
      const copy = new Map(before)
      const after = changed(before, then)
      expect(new Map(before)).toEqual(copy)
      const keys = new Set([...before.keys(), ...after.keys()])
      const differing = [...keys].filter((one) => before.get(one) !== after.get(one))
      expect(changedKeys(before, after).sort()).toEqual(differing.sort())
    }),
  )
})

test('a change that changes nothing gives the same map', () => {
  const map = PersistentMap.of(Array.from({ length: 100 }, (_, i) => [i, `${i}`] as const))
  expect(map.with(7, '7')).toBe(map)
  expect(map.without(100)).toBe(map)
  expect(PersistentMap.of(map)).toBe(map)
})
