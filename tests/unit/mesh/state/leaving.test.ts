import { describe, expect, test } from 'vitest'
import { apply } from '../../../../host/mesh/apply.ts'
import { peerOwner } from '../../../../host/mesh/state/effect-owners.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { Message } from '../../../../host/types/message.ts'
import { closeEvent, committed, now, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const left = (dna: string): MeshInput => ({ type: 'epoch_left', dna })
const recorded = (task: string): MeshInput => ({ type: 'recorded', task })
const cancelled = (task: string, dna_hash: string): MeshInput => {
  const close = closeEvent(task, 5)
  return committed({ ...close, entry: { ...close.entry, task, prev: task, dna_hash, outcome: 'cancelled' } })
}

describe('a left epoch', () => {
  test('an epoch that was left leaves nothing of its tasks in the state', () => {
    const closed = stateAfter([committed(taskEvent()), cancelled('task', 'dna')])
    expect([closed.closed.size, closed.keys.size]).toEqual([1, 1])
    expect([recorded('task'), left('dna')].reduce(apply, closed)).toEqual(stateAfter([]))
  })

  test('a recorded task keeps its key from a twin', () => {
    const older = taskEvent({ dna_hash: 'first' }, 'older')
    const younger = { ...taskEvent({ dna_hash: 'second' }, 'younger'), at: now + 1 }
    const alone = stateAfter([committed(older), cancelled('older', 'first'), recorded('older')])
    const both = apply(alone, { type: 'committed', event: younger, at: now, known: 'older' })
    expect(both.open.get('younger')).toMatchObject({ twinOf: 'older', cancelWanted: true })
    const after = [cancelled('younger', 'second'), recorded('younger'), left('first'), left('second')]
    expect(after.reduce(apply, both)).toEqual(stateAfter([]))
  })

  test('a recorded task is not opened again when its chain is read', () => {
    const again: MeshInput = { type: 'committed', event: taskEvent(), at: now, known: 'task' }
    expect(stateAfter([again, cancelled('task', 'dna')]).open.size).toBe(0)
  })
})

describe('a forgotten peer', () => {
  test('a forgotten peer leaves nothing in the state', () => {
    const list: Message = { type: 'open_tasks_are', tasks: [], cursor: 7 }
    const busy = {
      type: 'refuse',
      task: 'task',
      code: 'busy',
      policy_hash: null,
      retry_after_ms: 10,
    } as const
    const inputs: MeshInput[] = [
      committed(taskEvent()),
      { type: 'begun', owner: peerOwner('a'), verb: 'ask', tries: 1, at: now },
      { type: 'message_received', from: 'a', message: list, at: now },
      { type: 'message_received', from: 'a', message: busy, at: now },
    ]
    const known = stateAfter(inputs, [peer(self), peer('a')])
    expect([known.asking.size, known.pace.size, known.backoffs.size]).toEqual([1, 1, 1])
    const gone = apply(known, { type: 'peers_seen', peers: [peer(self)], at: now })
    expect([gone.asking.size, gone.pace.size, gone.backoffs.size]).toEqual([0, 0, 0])
    const late: MeshInput = { type: 'ended', owner: peerOwner('a'), verb: 'ask', tries: 1, ok: true }
    expect(apply(gone, late)).toBe(gone)
  })
})
