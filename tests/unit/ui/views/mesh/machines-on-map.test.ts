import { expect, test } from 'vitest'
import {
  edgesOf,
  inOrder,
  lookOf,
  type Machine,
  routeTo,
} from '../../../../../host/ui/views/mesh/machines-on-map.ts'
import { along, plainName } from '../../../../../host/ui/views/mesh/paint.ts'

/** A machine with nothing special. */
function machine(name: string, given: Partial<Machine> = {}): Machine {
  return {
    ...{ agent: `key-${name}`, name, self: false, state: 'online', waiting: null, cpu_cores: 1, ram_gb: 1 },
    ...{
      gpu: null,
      models: [],
      held_grants: null,
      seen_ms_ago: 1,
      seen_by: null,
      connected: true,
      version: '1',
    },
    ...{ path: null, details: null },
    ...given,
  }
}

const direct = { kind: 'direct', by: null, rtt_ms: 1 } as const
const self = machine('anna', { self: true })
const bert = machine('bert', { path: direct })
const cleo = machine('cleo', { path: { kind: 'relayed', by: 'bert', rtt_ms: 9 } })

test('a way through a relay is drawn from the relay on', () => {
  expect(edgesOf([self, bert, cleo])).toEqual([
    { from: 'key-anna', to: 'key-bert', kind: 'direct' },
    { from: 'key-bert', to: 'key-cleo', kind: 'relayed' },
  ])
  expect(routeTo([self, bert, cleo], 'key-cleo')).toEqual(['key-anna', 'key-bert', 'key-cleo'])
})

test('a way through an unknown relay is drawn from this machine', () => {
  const dora = machine('dora', { path: { kind: 'relayed', by: null, rtt_ms: null } })
  expect(edgesOf([self, dora])).toEqual([{ from: 'key-anna', to: 'key-dora', kind: 'relayed' }])
  expect(routeTo([self, dora], 'key-dora')).toEqual(['key-anna', 'key-dora'])
})

test('this machine comes first, and machines that are away last', () => {
  const gone = machine('aaron', { state: 'unreachable', waiting: 'here' })
  expect(inOrder([gone, bert, self]).map(({ name }) => name)).toEqual(['anna', 'bert', 'aaron'])
  expect(lookOf(gone)).toBe('away')
})

test('a name on the canvas is short and turns no direction', () => {
  expect(plainName('a\u202eb\u2066c\u0000')).toBe('abc')
  expect(plainName('x'.repeat(10_000))).toHaveLength(22)
})

test('a task moves through its relay, and ends at its worker', () => {
  const way = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 10, y: 10 },
  ]
  expect(along(way, 0)).toEqual({ x: 0, y: 0 })
  expect(along(way, 0.5)).toEqual({ x: 10, y: 0 })
  expect(along(way, 1)).toEqual({ x: 10, y: 10 })
  expect(along(way.slice(0, 1), 0.5)).toBeNull()
})
