/** Tests the verb of use. */
import { expect, test } from 'vitest'
import type { Context } from '../../../../host/operations/context.ts'
import type { UsageRow } from '../../../../host/types/usage-row.ts'
import { forever } from '../../../harness/forever.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const row = (given: Partial<UsageRow>): UsageRow => ({
  ...{ day: '2026-11-25', way: 'given', peer: 'uhCAkbert', sha256: 'ab'.repeat(32), model: 'tiny' },
  ...{ tasks: 2, tokens_in: 30, tokens_out: 40, run_ms: 5_000 },
  ...given,
})
const bert = { agent: 'uhCAkbert', card: { agent_name: 'bert' } }
const peers = (async () => [bert]) as unknown as Context['peers']
const asked: number[] = []
const contextOf = (rows: readonly UsageRow[]) =>
  stubContext({
    peers,
    usage: async (days) => {
      asked.push(days)
      return rows
    },
  })

test('usage names the peers that are known, and shows the newest day first with the sums', async () => {
  const rows = [row({ day: '2026-11-24', way: 'received', peer: 'uhCAkgone', model: null }), row({})]
  const output = await call('usage', contextOf(rows), { days: 7 }, forever)
  expect(asked.at(-1)).toBe(7)
  expect(output).toMatchObject({
    days: 7,
    rows: [
      { name: null, model: null },
      { name: 'bert', tasks: 2 },
    ],
  })
  const { lines, notes } = render('usage', output)
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^2026-11-25 +given +bert +tiny +2 +30 +40 +5\.0 s$/),
    expect.stringMatching(/^2026-11-24 +received +uhCAkgone +ab/),
  ])
  expect(notes).toEqual(['tasks given: 2, received: 2, own: 0'])
})

test('usage without work says so', async () => {
  const output = await call('usage', contextOf([]), {}, forever)
  expect(asked.at(-1)).toBe(30)
  expect(render('usage', output)).toEqual({ lines: [], notes: ['no work in the last 30 UTC days'] })
})

test.each([0, 367, 1.5])('usage refuses %s days', async (days) => {
  await expect(call('usage', contextOf([]), { days }, forever)).rejects.toMatchObject({
    code: 'RIPPLE_BODY_INVALID',
  })
})
