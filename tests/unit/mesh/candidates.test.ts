import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { candidates } from '../../../host/mesh/candidates.ts'
import type { Happening } from '../../../host/mesh/events.ts'
import type { Message } from '../../../host/types/message.ts'
import { committed, now, peer, self, stateAfter, taskEvent } from './fixtures.ts'

const later = now + 2 * limits.offer_again_ms

const refuses = (from: string, changes: Partial<Extract<Message, { type: 'refuse' }>> = {}): Happening => ({
  type: 'message_received',
  from,
  message: {
    ...{ type: 'refuse', task: 'task', code: 'policy_refuses' },
    ...{ policy_hash: 'a'.repeat(64), retry_after_ms: null, ...changes },
  },
  at: now,
})

/** Who can be given the task, best first, after these words; the poster is able as well. */
function able(at: number, ...said: Happening[]): string[] {
  const state = stateAfter([committed(taskEvent()), ...said], [peer(self), peer('a'), peer('b')])
  const posted = state.tasks.get('task')
  if (!posted) throw new RangeError('the task is not there')
  return candidates(state, posted, at).map(({ agent }) => agent)
}

test('the poster is none while the policy of another lets it run the task', () => {
  expect(able(later)).toEqual(['a', 'b'])
  expect(able(later, refuses('a'))).toEqual(['a', 'b'])
})

test('it is the last one once every other policy has refused, and those are asked on', () => {
  expect(able(later, refuses('a'), refuses('b'))).toEqual(['a', 'b', self])
  expect(able(now, refuses('a'), refuses('b'))).toEqual(['a', 'b'])
})

test('a refusal that may be over soon, or has another reason, does not count for that', () => {
  expect(able(later, refuses('a'), refuses('b', { retry_after_ms: 1_000 }))).toEqual(['a', 'b'])
  expect(able(later, refuses('a'), refuses('b', { code: 'busy' }))).toEqual(['a', 'b'])
  const claims: Happening = {
    type: 'message_received',
    from: 'b',
    message: { type: 'claim', task: 'task' },
    at: now + 1,
  }
  expect(able(later, refuses('a'), refuses('b'), claims)).toEqual(['a', 'b'])
})
