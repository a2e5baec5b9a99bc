import { expect, test } from 'vitest'
import { byWay, daysOf, groupedBy, type UsageRow } from '../../../../host/ui/format/usage-sums.ts'

const row = (given: Partial<UsageRow>): UsageRow => ({
  ...{ day: '2026-03-01', way: 'given', peer: 'bert', name: 'bert', model: 'tiny', sha256: 'ab' },
  ...{ tasks: 1, tokens_in: 2, tokens_out: 3, run_ms: 4 },
  ...given,
})
const none = { tasks: 0, tokens_in: 0, tokens_out: 0, run_ms: 0 }

test('the sums of each way hold its rows alone', () => {
  expect(byWay([row({}), row({ tasks: 4 }), row({ way: 'received' })])).toEqual({
    given: { tasks: 5, tokens_in: 4, tokens_out: 6, run_ms: 8 },
    received: { tasks: 1, tokens_in: 2, tokens_out: 3, run_ms: 4 },
    own: none,
  })
})

test('each day up to today has its sums, with zeros for a day without work', () => {
  const days = daysOf([row({ day: '2026-02-28' })], '2026-03-01', 3)
  expect(days.map(({ day, sums }) => [day, sums.given.tasks])).toEqual([
    ['2026-02-27', 0],
    ['2026-02-28', 1],
    ['2026-03-01', 0],
  ])
  expect(days[2]?.at).toBe(Date.UTC(2026, 2, 1))
})

test('groups come by their tasks, with the newest name of each', () => {
  const rows = [row({ name: 'old' }), row({ peer: 'carl', tasks: 5 }), row({ name: 'new', way: 'received' })]
  const groups = groupedBy(rows, ({ peer }) => peer)
  expect(
    groups.map(({ of, newest, sums }) => [of, newest.name, sums.given.tasks, sums.received.tasks]),
  ).toEqual([
    ['carl', 'bert', 5, 0],
    ['bert', 'new', 1, 1],
  ])
})
