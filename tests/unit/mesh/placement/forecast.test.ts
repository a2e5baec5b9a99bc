import { describe, expect, test } from 'vitest'
import { forecast } from '../../../../host/mesh/placement/forecast.ts'
import { shortages, shortagesText } from '../../../../host/mesh/placement/shortages.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { Requirements } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { committed, nothing, now, peer, self, stateAfter, taskEntry, taskEvent } from '../fixtures.ts'

const asking = (changes: Partial<Requirements>) => taskEntry({ requirements: { ...nothing, ...changes } })
const of = (peers: readonly Peer[], changes: Partial<Requirements> = {}) =>
  forecast(stateAfter([], peers), asking(changes), now)

describe('shortages', () => {
  test('nothing is short when one machine has it all, however long it was away', () => {
    const away = { ...peer('b', { cpu_cores: 8 }), seenAt: null }
    expect(shortages(asking({ cpu_cores: 8 }), [peer('a'), away])).toEqual([])
  })

  test('a shortage names the resource, how many machines lack it, and the nearest one', () => {
    const list = [peer('a', { cpu_cores: 2 }), peer('b', { cpu_cores: 6 }), peer('c', { tags: ['x'] })]
    const found = shortages(asking({ cpu_cores: 8, tags: ['x'] }), list)
    expect(found).toEqual([
      { code: 'cpu_short', needs: '8 cores', peers: 3, nearest: { name: 'b', has: '6 cores' } },
      { code: 'tag_missing', needs: 'the tag x', peers: 2, nearest: { name: 'a', has: 'no tag' } },
    ])
    expect(shortagesText(found, list.length)).toBe(
      '8 cores (all 3 machines lack it, the nearest is b with 6 cores); the tag x (2 of 3 machines lack it, the nearest is a with no tag)',
    )
  })

  test('shortages are found if each machine lacks something else', () => {
    const list = [peer('small', { ram_gb: 1, cpu_cores: 16 }), peer('slow', { ram_gb: 64, cpu_cores: 1 })]
    const found = shortages(asking({ cpu_cores: 8, memory_mib: 8_192 }), list)
    expect(found.map(({ code, peers }) => [code, peers])).toEqual([
      ['memory_short', 1],
      ['cpu_short', 1],
    ])
  })

  test('a shortage counts several GPUs of enough memory each', () => {
    const gpu = (vram_gb: number) => ({ vendor: 'v', model: 'm', vram_gb })
    const one = peer('a')
    const compute = { ...one.card.capabilities.compute, gpu: gpu(24), gpus: [gpu(24), gpu(8)] }
    const two = { ...one, card: { ...one.card, capabilities: { ...one.card.capabilities, compute } } }
    const codes = (count: number, gib: number) =>
      shortages(asking({ gpu_count: count, vram_mib: gib * 1024 }), [two]).map(({ code }) => code)
    expect([codes(1, 24), codes(2, 8), codes(2, 24), codes(3, 8)]).toEqual([
      [],
      [],
      ['vram_short'],
      ['gpu_short', 'vram_short'],
    ])
  })
})

describe('forecast', () => {
  test('a forecast names all equals as the first, and this machine last', () => {
    const { first, peers } = of([peer(self), peer('a'), peer('b'), peer('big', { ram_gb: 64 })])
    expect(first.toSorted()).toEqual(['a', 'b'])
    expect(peers.map(({ agent, rank }) => [agent, rank]).slice(2)).toEqual([
      ['big', 2],
      [self, 3],
    ])
  })

  test('a forecast tells machines that cannot run it now from those that never can', () => {
    const away = { ...peer('away', { tags: ['x'] }), seenAt: null }
    const { first, peers, missing } = of([peer('a'), away], { tags: ['x'] })
    expect([first, missing]).toEqual([[], []])
    expect(peers.map(({ refusals, reason }) => [refusals, reason])).toEqual([
      [['tag_missing'], 'needs the tag x, has no tag'],
      [['offline'], expect.stringContaining('has the model')],
    ])
  })

  test('a forecast leaves busy machines out of the first', () => {
    const busy = (agent: string, task: string): MeshInput => ({
      type: 'message_received',
      from: agent,
      message: { type: 'refuse', task, code: 'busy', policy_hash: null, retry_after_ms: 3_000 },
      at: now,
    })
    const peers = [peer(self), peer('a'), peer('big', { ram_gb: 64 })]
    const at = (ms: number, ...refusals: MeshInput[]) =>
      forecast(stateAfter([committed(taskEvent()), ...refusals], peers), taskEntry(), now + ms)
    const one = at(0, busy('a', 'task'))
    expect(one.first).toEqual(['big'])
    expect(one.peers.map(({ rank, busy_until }) => [rank, busy_until])).toEqual([
      [0, now + 3_000],
      [1, null],
      [2, null],
    ])
    expect(at(0, busy('a', 'task'), busy('big', 'task')).first).toEqual([])
    expect(at(3_000, busy('a', 'task'), busy('big', 'task')).first).toEqual(['a'])
  })

  test('a forecast says what is missing if no known machine can ever run the task', () => {
    expect(of([peer(self)], { gpu_count: 1 }).missing).toMatchObject([{ code: 'gpu_short', peers: 1 }])
  })
})
