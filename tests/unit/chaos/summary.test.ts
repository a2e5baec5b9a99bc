import { describe, expect, test } from 'vitest'
import { failpoints } from '../../../host/work/context/failpoints.ts'
import type { Failover } from '../../chaos/failovers.ts'
import { type ChaosOutcome, retryTakes } from '../../chaos/outcome.ts'
import { brokenBy, judge, needed, summary } from '../../chaos/summary.ts'

/** A kill at each place. */
const everywhere = Object.fromEntries(failpoints.map((point) => [point, 1]))

const lease_ms = 12_000
const asked = { tasks: 10, kills: 5, quiet_ms: retryTakes(lease_ms), lease_ms }

/** A run that did what it was asked to, in which nothing went wrong. */
function run(changes: Partial<ChaosOutcome> = {}): ChaosOutcome {
  return {
    seed: 1,
    asked,
    posted: 10,
    acknowledged: 10,
    lost: 0,
    endings: { accepted: 10 },
    unanswered: {},
    violations: [],
    failovers: failovers(needed.failovers, 4_000),
    kills: { daemon: 3, engine: 2, ...everywhere },
    faults: {},
    restarts: [],
    again: {},
    refused: {},
    defects: [],
    wall_ms: 1,
    ...changes,
  }
}

function failovers(count: number, ms: number, changes: Partial<Failover> = {}): Failover[] {
  const one = {
    task: 'task',
    ms,
    bound_ms: 8_000,
    lease_ms: 4_000,
    midAnswer: true,
    besides: 'nothing',
  } as const
  return Array.from({ length: count }, () => ({ ...one, ...changes }))
}

test('a run that did what was asked and kept every bound is good', () => {
  expect(judge(run())).toEqual({ broken: [], open: [] })
  expect(summary(run())).toContain('everything was kept')
})

describe('a run that did too little', () => {
  test('a run with too few tasks is broken', () => {
    expect(judge(run({ acknowledged: 7 })).broken).toEqual(['only 7 of 10 tasks'])
  })

  test('a run with too few kills is broken', () => {
    expect(judge(run({ kills: { daemon: 1 } })).broken).toEqual(['only 1 of 5 kills'])
  })

  test('a long run that killed no daemon at some failpoint is broken', () => {
    const long = { ...asked, kills: needed.kills }
    const kills = { daemon: long.kills, ...everywhere, 'run.mid': 0 }
    expect(judge(run({ asked: long, kills })).broken).toEqual(['nobody was killed at run.mid'])
    expect(judge(run({ kills }))).toEqual({ broken: [], open: ['nobody was killed at run.mid'] })
  })

  test('a run is not broken by a task whose dependency was cancelled', () => {
    const refused = { RIPPLE_TASK_NEVER_READY: 2 }
    expect(judge(run({ acknowledged: 8, refused }))).toEqual({ broken: [], open: [] })
  })
})

test('a run with a short quiet end leaves open whether lost tasks were granted again', () => {
  const short = { ...asked, quiet_ms: 60_000 }
  expect(judge(run({ asked: short }))).toEqual({
    broken: [],
    open: ['whether every lost task was given again: 60.0 s of quiet are less than 192.0 s'],
  })
})

test('an unexpected refusal breaks a promise', () => {
  expect(brokenBy(run({ refused: { RIPPLE_TASK_UNKNOWN: 1 } }))).toEqual([
    'refused 1 times with RIPPLE_TASK_UNKNOWN',
  ])
})

describe('times', () => {
  const few = [
    ...failovers(needed.failovers - 1, 60_000),
    ...failovers(50, 60_000, { besides: 'poster_hit' }),
  ]

  test('the times of clean failovers are judged by the 95th percentile', () => {
    const before = { midAnswer: false, bound_ms: 17_000 }
    const late = [...failovers(needed.failovers, 10_000), ...failovers(needed.failovers, 18_000, before)]
    expect(judge(run({ failovers: late })).broken).toEqual([
      'p95 of a failover in mid-answer is 2.0 s over its bound',
      'p95 of a failover is 2.0 s over its bound',
    ])
    const kept = failovers(needed.failovers, 16_000, before)
    expect(judge(run({ failovers: [...failovers(needed.failovers, 4_000), ...kept] })).broken).toEqual([])
    const one = [...failovers(19, 4_000), ...failovers(1, 60_000)]
    expect(judge(run({ failovers: one })).broken).toEqual([])
  })

  test('a short run with too few clean failovers leaves their times open and says so', () => {
    const { broken, open } = judge(run({ failovers: few }))
    expect(broken).toEqual([])
    expect(open).toEqual([
      'a failover in mid-answer: too few clean failovers to judge a percentile (9 < 10)',
      'a failover: too few clean failovers to judge a percentile (9 < 10)',
    ])
    expect(summary(run({ failovers: few }))).toContain('too few clean failovers')
  })

  test('a run of many kills with too few clean failovers is broken', () => {
    const kills = { daemon: needed.kills, ...everywhere }
    const many = { asked: { ...asked, kills: needed.kills }, kills }
    expect(judge(run({ ...many, failovers: few })).broken).toHaveLength(2)
  })
})
