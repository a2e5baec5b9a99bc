/** Tests the choice of the machine for an allocation. */
import { expect, test } from 'vitest'
import { nothing } from '../../../host/resources/amounts.ts'
import { type Offered, pick } from '../../../host/resources/pick.ts'
import type { Locality } from '../../../host/types/allocation.ts'

function offered(node: string, changes: Partial<Offered> = {}): Offered {
  const capacity = { ...nothing, cpu_cores: 4 }
  return {
    ...{ node, name: node, self: false, capacity, free: capacity, price_milli: null, expires_at: 1 },
    ...{ distance: 2, speed: 0, busy: 0 },
    ...changes,
  }
}

const one = { ...nothing, cpu_cores: 1 }
const order = (prefer: Locality, ...offers: Offered[]) => pick(offers, one, prefer).map(({ node }) => node)

test('a machine whose free amount is too small is left out', () => {
  expect(order('any', offered('a', { free: nothing }), offered('b'))).toEqual(['b'])
})

test.each<[Locality, Partial<Offered>]>([
  ['nearest', { distance: 1 }],
  ['fastest', { speed: 9 }],
  ['any', { busy: -1 }],
])('`%s` puts the better machine first', (prefer, better) => {
  expect(order(prefer, offered('a'), offered('b', better))).toEqual(['b', 'a'])
})

test('`cheapest` compares prices, then how busy the machines are', () => {
  const all = [offered('a', { price_milli: 5 }), offered('b', { busy: 50 }), offered('c')]
  expect(order('cheapest', ...all)).toEqual(['c', 'b', 'a'])
})

test('this machine comes first for `nearest`, and last for `any`', () => {
  const self = offered('me', { self: true, distance: 0 })
  expect(order('nearest', offered('a'), self)).toEqual(['me', 'a'])
  expect(order('any', self, offered('z'))).toEqual(['z', 'me'])
})

test('equal machines have the same order in any list', () => {
  expect(order('any', offered('b'), offered('a'))).toEqual(order('any', offered('a'), offered('b')))
})
