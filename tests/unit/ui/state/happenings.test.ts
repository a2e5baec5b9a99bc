import { expect, test } from 'vitest'
import { pageLimits } from '../../../../host/limits/page.ts'
import type { StreamEvent } from '../../../../host/telemetry/catalogue.ts'
import { happened } from '../../../../host/ui/state/happenings.ts'

let next = 0
const seen = (agent: string): StreamEvent => ({
  id: `e${++next}`,
  at: next,
  type: 'peer_seen',
  agent,
  name: agent,
})
const after = (...events: StreamEvent[]) => events.reduce<readonly StreamEvent[]>(happened, [])

test('a later event of the same subject replaces the one before, and comes first', () => {
  const [bert, carl, again] = [seen('bert'), seen('carl'), seen('bert')]
  expect(after(bert, carl, again)).toEqual([again, carl])
})

test('an event that is heard twice counts once, and a reset is none', () => {
  const bert = seen('bert')
  expect(after(bert, bert, { id: 'e0', at: 0, type: 'reset' })).toEqual([bert])
})

test('the kept events are bounded', () => {
  const many = Array.from({ length: pageLimits.page_happenings_max + 5 }, (_, at) => seen(`m${at}`))
  expect(after(...many)).toHaveLength(pageLimits.page_happenings_max)
})
