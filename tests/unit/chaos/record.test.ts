import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { outcomeOf } from '../../chaos/outcome.ts'
import { keepRecord, type RunRecord, readRecord } from '../../chaos/record.ts'
import { judge, summary } from '../../chaos/summary.ts'
import { closeEvent, grantEvent, now, taskEvent } from '../mesh/fixtures.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-record-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const worker = 'worker'
/** A run that broke a promise and in which a worker died: its task failed with attempts left, another was never posted. */
const bad: RunRecord = {
  told: {
    seed: 7,
    asked: { tasks: 2, kills: 1, quiet_ms: 60_000, lease_ms: 10_000 },
    posted: 2,
    acknowledged: ['task', 'another'],
    kills: { daemon: 1 },
    restarts: [1_500],
    again: {},
    refused: {},
    defects: ['b ended with 1'],
    wall_ms: 60_000,
  },
  history: {
    logs: [
      { type: 'post_acknowledged', id: 'key', task: 'task', agent: 'poster', at: now },
      { type: 'fault', kind: 'kill', agents: [worker], agent: worker, at: now + 3_000 },
      { type: 'post_acknowledged', id: 'other', task: 'another', agent: 'poster', at: now },
    ],
    chains: new Map([
      ['poster', [taskEvent(), grantEvent(1, worker), { ...closeEvent('grant 1', 3), at: now + 9_000 }]],
      [worker, []],
    ]),
    opened: new Map([['task', false]]),
    disturbances: [{ kind: 'kill', agents: [worker], from: now + 3_000, to: now + 3_000 }],
    ahead_ms: new Map([[worker, 0]]),
    able: new Map([['poster', [worker]]]),
    ended: true,
    waiting: [],
  },
  disturbances: [{ kind: 'kill', agents: [worker], from: now + 3_000, to: now + 30_000 }],
}

test("a record that is read again gives the run's own verdict", async () => {
  await keepRecord(join(folder, 'logs'), bad)
  const read = await readRecord(join(folder, 'logs'))
  expect(read).toEqual(bad)
  const [was, is] = [outcomeOf(bad), outcomeOf(read)]
  expect(is).toEqual(was)
  expect(is.violations.map(({ rule }) => rule)).toEqual(['task_known', 'reason_holds'])
  expect(is.failovers).toMatchObject([{ task: 'task', ms: 6_000 }])
  expect(is.lost).toBe(1)
  expect(summary(is)).toBe(summary(was))
  expect(judge(is).broken).not.toEqual([])
})
