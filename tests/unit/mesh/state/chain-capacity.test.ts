import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import {
  canClose,
  chainCapacity,
  chainPlacesLeft,
  mayTakeTask,
  takesGrant,
  takesTask,
} from '../../../../host/mesh/state/chain-capacity.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import { admit } from '../../../../host/mesh/worker/admit.ts'
import type { MeshEvent } from '../../../../host/types/events.ts'
import { closeEvent, committed, grantEvent, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const dna = 'dna'

/** The state after these events, with so many actions for one key in an epoch. */
function withMax(max_action_seq: number, ...events: MeshEvent[]): MeshState {
  const state = stateAfter(
    events.map((event) => committed(event)),
    [peer(self)],
  )
  return { ...state, config: { ...state.config, max_action_seq } }
}

describe('the chain of an epoch', () => {
  test('the chain reserves each possible grant and the Close of an open task', () => {
    const room = (...events: MeshEvent[]) => chainCapacity(withMax(100, ...events), dna)
    expect(room()).toEqual({ written: 0, reserved: 0, max: 100 })
    expect(room(taskEvent())).toEqual({ written: 1, reserved: 5, max: 100 })
    expect(room(taskEvent(), grantEvent(1, 'a', { seq: 2 }))).toEqual({ written: 2, reserved: 4, max: 100 })
    const [task, grant] = [taskEvent(), grantEvent(1, 'a', { seq: 2 })]
    expect(room(task, grant, closeEvent('grant 1', 3))).toEqual({ written: 4, reserved: 0, max: 100 })
  })

  test('the chain takes a task only with all its entries, and counts its own epoch alone', () => {
    const next = taskEvent({ id: 'another key of bytes' }).entry
    const fits = (max: number) => takesTask(withMax(max, taskEvent()), next)
    // The own affairs of the chain 16, written 1, reserved 5, the new task 1 + 3 + 2.
    expect([27, 28].map(fits)).toEqual([false, true])
    expect(takesTask(withMax(27, taskEvent()), { ...next, dna_hash: 'the next epoch' })).toBe(true)
  })

  test('a task may fit later if open tasks reserve the room, but not used room', () => {
    const next = taskEvent({ id: 'another key of bytes' }).entry
    const later = (max: number) => {
      const state = withMax(max, taskEvent())
      return [takesTask(state, next), mayTakeTask(state, next)]
    }
    // Written 1, and the own affairs of the chain 16.
    expect([28, 27, 23, 22].map(later)).toEqual([
      [true, true],
      [false, true],
      [false, true],
      [false, false],
    ])
  })

  test('the chain counts the link of a task with fallback', () => {
    const fallback = { after_ms: 1, allow: { type: 'any' }, payload: null } as const
    const task = taskEvent({ fallback: fallback as never })
    expect(chainCapacity(withMax(100, task), dna).written).toBe(2)
  })

  test("the chain's capacity matches what it takes, and is tight from four fifths on", () => {
    const { attempts } = limits
    const post = taskEvent({ id: 'another key of bytes', max_attempts: attempts }).entry
    const looks = [22, 21, 18, 17].map((max) => {
      const state = withMax(max)
      const { posts, runs } = chainPlacesLeft(chainCapacity(state, dna))
      return [posts, takesTask(state, post), runs, takesGrant(state, dna)]
    })
    // The own affairs of the chain are 16.
    expect(looks).toEqual([
      [1, true, 3, true],
      [0, false, 2, true],
      [0, false, 1, true],
      [0, false, 0, false],
    ])
    const tight = (written: number) => chainPlacesLeft({ written, reserved: 100, max: 5_000 }).tight
    expect([3_884, 3_885].map(tight)).toEqual([false, true])
    expect(chainPlacesLeft({ written: 5_000, reserved: 0, max: 5_000 })).toEqual({
      posts: 0,
      runs: 0,
      tight: true,
    })
  })

  test('a grant for which no result could be written is refused', () => {
    const events = [taskEvent({ max_attempts: 1 }), grantEvent(1, 'a', { seq: 2 })]
    const codes = [21, 22].map((max) => admit(withMax(max, ...events), taskEvent(), 0)?.code ?? null)
    expect(codes).toEqual(['chain_full', null])
  })

  test('the chain says when even a Close cannot be written', () => {
    const state = withMax(100, taskEvent())
    expect(canClose(state, 'dna')).toBe(true)
    const past = withMax(2, taskEvent())
    expect(canClose(past, 'dna')).toBe(false)
  })
})
