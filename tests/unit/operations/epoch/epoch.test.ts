import { expect, test } from 'vitest'
import type { EpochView } from '../../../../host/operations/context.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const { signal } = new AbortController()
const DAY_MS = 86_400_000
const times = (epoch: number) => ({ begins_at: epoch * DAY_MS, ends_at: (epoch + 1) * DAY_MS })
const list: EpochView[] = [
  {
    epoch: 20_700,
    state: 'archived',
    ...times(20_700),
    dna: null,
    room: null,
    open: 0,
    archive: 'a.jsonl',
  },
  {
    epoch: 20_701,
    state: 'now',
    ...times(20_701),
    dna: 'uhC0k',
    room: { actions: 12, reserved: 5, max: 5_000, posts: 827, runs: 2_483, tight: false },
    open: 1,
    archive: null,
  },
]
const context = stubContext({ epochs: { list: async () => list, export: async (epoch) => `${epoch}.jsonl` } })

test('`epoch ls` lists epochs with the room on their chains', async () => {
  const output = await call('epoch.ls', context, {}, signal)
  expect(output).toEqual({ epochs: list })
  const text = render('epoch.ls', output).lines.join('\n')
  expect(text).toMatch(/20700 +archived +2026-09-04T\S+ +2026-09-05T\S+ +- +0 +a\.jsonl/)
  expect(text).toMatch(/20701 +now .* 12 and 5 reserved of 5000 +1 +-/)
})

test('`epoch export` names its file', async () => {
  const output = await call('epoch.export', context, { epoch: 7 }, signal)
  expect(render('epoch.export', output).lines).toEqual(['7.jsonl'])
})
