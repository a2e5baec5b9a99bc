import { expect, test } from 'vitest'
import { Arrangement, type Edge, fitted, nextTowards } from '../../../../../host/ui/views/mesh/arrangement.ts'

const ids = Array.from({ length: 100 }, (_, at) => `m${at}`)
const edges = ids.slice(1).map((to): Edge => ({ from: 'm0', to, kind: 'direct' }))

function settled(arrangement = new Arrangement(), machines = ids) {
  arrangement.update(machines, edges)
  expect(arrangement.settle(Number.POSITIVE_INFINITY, () => 0)).toBe(true)
  return arrangement
}

test('a settled arrangement is still, also after the same machines came again', () => {
  const arrangement = settled()
  const before = arrangement.places()
  arrangement.update([...ids], [...edges])
  expect(arrangement.settle(Number.POSITIVE_INFINITY, () => 0)).toBe(true)
  expect(arrangement.places()).toEqual(before)
})

test('the same machines get the same places, with the first one in the middle', () => {
  expect(settled().places()).toEqual(settled().places())
  expect(settled().places().get('m0')).toEqual({ x: 0, y: 0 })
})

test('a hundred machines leave each other room on a map', () => {
  const places = [...fitted(settled().places(), 1_200, 700).values()]
  for (const { x, y } of places) expect(x > 0 && x < 1_200 && y > 0 && y < 700).toBe(true)
  const near = places.flatMap((one, at) =>
    places.slice(at + 1).map((other) => Math.hypot(one.x - other.x, one.y - other.y)),
  )
  expect(Math.min(...near)).toBeGreaterThan(20)
})

test('settling ends once its time is used up', () => {
  const arrangement = new Arrangement()
  arrangement.update(ids, edges)
  let ticks = 0
  expect(arrangement.settle(3, () => ticks++)).toBe(false)
  expect(ticks).toBeLessThan(10)
})

test('a machine that is alone stands in the middle of the map', () => {
  expect(fitted(new Map([['m0', { x: 0, y: 0 }]]), 300, 200).get('m0')).toEqual({ x: 150, y: 95 })
})

test.each([
  ['right', [1, 0], 'east'],
  ['left', [-1, 0], 'west'],
  ['down', [0, 1], null],
] as const)('the next machine to the %s is the nearest in that direction', (_name, way, found) => {
  const places = new Map([
    ['middle', { x: 0, y: 0 }],
    ['east', { x: 10, y: -1 }],
    ['far', { x: 30, y: -1 }],
    ['west', { x: -20, y: -5 }],
  ])
  expect(nextTowards(places, 'middle', way)).toBe(found)
})
