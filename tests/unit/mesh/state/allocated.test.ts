/** Tests that allocations count as taken when machines are chosen for tasks. */
import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { forecast } from '../../../../host/mesh/placement/forecast.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import { admit } from '../../../../host/mesh/worker/admit.ts'
import type { Taken } from '../../../../host/types/allocation.ts'
import type { Requirements } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { nothing, now, peer, self, stateAfter, taskEntry, taskEvent } from '../fixtures.ts'

function allocating(...allocated: [string, readonly Taken[]][]): MeshState {
  return stateAfter(
    [{ type: 'allocated', allocated: new Map(allocated) }],
    [peer(self), peer('a'), peer('b')],
  )
}

const taken = (holder: string, changes: Partial<Requirements>): Taken => ({
  holder,
  share: { ...nothing, ...changes },
})
const needing = (changes: Partial<Requirements>) => taskEntry({ requirements: { ...nothing, ...changes } })
const refusals = (state: MeshState, changes: Partial<Requirements>) =>
  forecast(state, needing(changes), now).peers.find(({ agent }) => agent === 'a')?.refusals

describe('an allocation of another agent', () => {
  test.each<[Partial<Requirements>, Partial<Requirements>, string[]]>([
    [{ cpu_cores: 3 }, { cpu_cores: 2 }, ['cpu_short']],
    [{ cpu_cores: 3 }, { cpu_cores: 1 }, []],
    [{ memory_mib: 8_000 }, { memory_mib: 500 }, ['memory_short']],
    [{ disk_mib: 65_536 }, { disk_mib: 1 }, ['disk_short']],
    [{ tags: ['model:sim'] }, {}, ['model_missing']],
    [{ tags: ['model:another'] }, {}, []],
  ])('an allocation of %o leaves a task that needs %o with %o', (share, needs, codes) => {
    expect(refusals(allocating(['a', [taken('c', share)]]), needs)).toEqual(codes)
  })

  test('an allocated machine does not count as lacking anything for ever', () => {
    const { missing } = forecast(
      allocating(['a', [taken('c', { cpu_cores: 4 })]]),
      needing({ cpu_cores: 4 }),
      now,
    )
    expect(missing).toEqual([])
  })
})

test('an own allocation leaves all to own tasks, and puts the machine first', () => {
  const state = allocating(['b', [taken(self, { cpu_cores: 4 })]])
  const { first, peers } = forecast(state, needing({ cpu_cores: 4 }), now)
  expect(first).toEqual(['b'])
  expect(peers.find(({ agent }) => agent === 'b')?.rank).toBe(0)
})

test('a machine refuses a task for what it has allocated to others until it asks again, and admits the holder', () => {
  const state = allocating([self, [taken('b', { cpu_cores: 4 })]])
  const task = (author: string) => ({ ...taskEvent({ requirements: { ...nothing, cpu_cores: 1 } }), author })
  expect(admit(state, task('a'), now)).toEqual({ code: 'cpu_short', retry_after_ms: limits.rest_ms_max })
  expect(admit(state, task('b'), now)).toBeNull()
})
