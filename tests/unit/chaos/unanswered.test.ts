import { expect, test } from 'vitest'
import type { MeshEvent } from '../../../host/types/events.ts'
import { unanswered } from '../../chaos/unanswered.ts'
import { closeEvent, grantEvent, resultEvent } from '../mesh/fixtures.ts'

const close = (outcome: 'failed' | 'expired' | 'cancelled'): MeshEvent => {
  const event = closeEvent('grant 3', 5)
  return { ...event, entry: { ...event.entry, outcome } }
}
const chains = (...events: MeshEvent[]) => new Map([['poster', events]])

test('a failed task is described by the end of each attempt in order', () => {
  const attempts = [grantEvent(3, 'c'), grantEvent(1, 'a'), grantEvent(2, 'b')]
  expect(unanswered(chains(...attempts, resultEvent(2, 'b', 'failed'), close('failed')))).toEqual([
    'failed (expired, engine_crashed, lost)',
  ])
})

test('a task without a worker is described so, and a cancelled one is left out', () => {
  expect(unanswered(chains(close('expired')))).toEqual(['expired (no attempt)'])
  expect(unanswered(chains(grantEvent(1, 'a'), close('cancelled')))).toEqual([])
})
