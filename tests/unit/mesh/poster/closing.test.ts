import { expect, test } from 'vitest'
import { expiryOf } from '../../../../host/mesh/poster/closing.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import { committed, grantEvent, now, stateAfter, taskEvent } from '../fixtures.ts'

const task = taskEvent()
const { queue, total } = task.entry.deadlines_ms

function expiryAfter(inputs: MeshInput[], ready: Parameters<typeof expiryOf>[1]) {
  const posted = stateAfter([committed(task), ...inputs]).open.get(task.hash)
  if (!posted) throw new Error('the task is not known')
  return expiryOf(posted, ready)
}

test('the queue deadline counts from when a task may start and ends with its first grant', () => {
  expect(expiryAfter([], { type: 'ready', since: now })).toBe(now + queue)
  expect(expiryAfter([], { type: 'ready', since: now + 9_000 })).toBe(now + 9_000 + queue)
  expect(expiryAfter([], { type: 'waiting', on: ['another'] })).toBe(now + total)
  const granted = committed(grantEvent(1, 'worker'))
  expect(expiryAfter([granted], { type: 'ready', since: now })).toBe(now + total)
})
