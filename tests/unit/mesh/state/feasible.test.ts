import { expect, test } from 'vitest'
import { feasible } from '../../../../host/mesh/state/feasible.ts'
import type { RefusalCode } from '../../../../host/types/message.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { Requirements } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { nothing, now, peer, self, taskEntry } from '../fixtures.ts'

const away = 90_000
const codes = (changes: Partial<Requirements>, one: Peer = peer('a')) =>
  feasible(taskEntry({ requirements: { ...nothing, ...changes } }), one, self, now, away)

test.each<[RefusalCode, Partial<Requirements>]>([
  ['cpu_short', { cpu_cores: 5 }],
  ['memory_short', { memory_mib: 8_193 }],
  ['disk_short', { disk_mib: 64 * 1024 + 1 }],
  ['gpu_short', { gpu_count: 1 }],
  ['vram_short', { vram_mib: 1 }],
  ['tag_missing', { tags: ['gpu:true'] }],
])('%s is found from the card', (code, requirements) => {
  expect(codes(requirements)).toEqual([code])
})

test('a machine that has all that is asked is feasible', () => {
  expect(codes({ cpu_cores: 4, memory_mib: 8_192, disk_mib: 64 * 1024 })).toEqual([])
})

test('another file of the same name is another model', () => {
  expect(codes({}, peer('a', { models: ['b'.repeat(64)] }))).toEqual(['model_missing'])
})

test('a peer unheard of for long counts as offline, and this machine never does', () => {
  const silent = { ...peer('a'), seenAt: now - away - 1 }
  expect(codes({}, silent)).toEqual(['offline'])
  expect(codes({}, { ...silent, agent: self })).toEqual([])
  expect(codes({}, { ...silent, seenAt: null })).toEqual(['offline'])
})

test.each(['here', 'there'] as const)('a peer that waits to be accepted %s is not asked', (waiting) => {
  expect(codes({}, { ...peer('a'), waiting })).toEqual(['not_accepted'])
})

test('a peer that says so counts as draining', () => {
  const one = peer('a')
  expect(codes({}, { ...one, card: { ...one.card, availability: 'draining' } })).toEqual(['draining'])
})

test('all reasons are named, not only the first', () => {
  expect(codes({ cpu_cores: 99, memory_mib: 999_999, tags: ['x'] })).toEqual([
    'cpu_short',
    'memory_short',
    'tag_missing',
  ])
})
