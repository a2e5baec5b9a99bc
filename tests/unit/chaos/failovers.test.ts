import { expect, test } from 'vitest'
import type { HistoryEvent } from '../../../host/telemetry/history.ts'
import type { MeshEvent } from '../../../host/types/events.ts'
import { failovers, spread } from '../../chaos/failovers.ts'
import type { Disturbance } from '../../harness/checker/history.ts'

const grant = (attempt: number, worker: string, reason: string, at: number) =>
  ({
    hash: `grant ${attempt}`,
    author: 'poster',
    seq: attempt + 1,
    at,
    entry: { type: 'Grant', task: 'task', attempt, worker, reason, lease_ms: 4_000 },
  }) as unknown as MeshEvent

const task = {
  hash: 'task',
  author: 'poster',
  seq: 1,
  at: 0,
  entry: { type: 'Task' },
} as unknown as MeshEvent
const killed = (agent: string, at: number): HistoryEvent => ({
  type: 'fault',
  kind: 'kill',
  agents: [agent],
  agent,
  at,
})

function known(
  reason: string,
  more: readonly HistoryEvent[] = [],
  disturbances: readonly Disturbance[] = [],
) {
  const poster = [task, grant(1, 'worker', 'none', 1_000), grant(2, 'other', reason, 9_000)]
  const chains = new Map([
    ['poster', poster],
    ['worker', []],
    ['other', []],
  ])
  return { logs: [killed('worker', 3_000), ...more], chains, disturbances }
}

test('a failover takes from the death of the worker to the next grant', () => {
  expect(failovers(known('silent'))).toEqual([
    { task: 'task', ms: 6_000, lease_ms: 4_000, midAnswer: true, besides: 'nothing' },
  ])
  expect(failovers(known('expired'))).toMatchObject([{ midAnswer: false }])
})

test('of several deaths the last before the next grant counts', () => {
  expect(failovers(known('silent', [killed('worker', 5_000), killed('worker', 9_500)]))).toMatchObject([
    { ms: 4_000 },
  ])
})

test('a grant that was given back, or whose result was there before the death, is no failover', () => {
  expect(failovers(known('released'))).toEqual([])
  const delivered: HistoryEvent = {
    type: 'committed',
    entry: 'Result',
    hash: 'result',
    task: 'task',
    attempt: 1,
    agent: 'worker',
    at: 2_500,
  }
  expect(failovers(known('expired', [delivered]))).toEqual([])
})

test('what else was wrong meanwhile is told', () => {
  const hit = (agent: string): Disturbance => ({ agents: [agent], kind: 'kill', from: 2_000, to: 4_000 })
  expect(failovers(known('silent', [], [hit('poster')]))).toMatchObject([{ besides: 'poster_hit' }])
  expect(failovers(known('silent', [], [hit('other')]))).toMatchObject([{ besides: 'nobody_left' }])
  const back: HistoryEvent = { type: 'started', agent: 'worker', at: 8_000 }
  expect(failovers(known('silent', [back]))).toMatchObject([{ besides: 'worker_back' }])
})

test('a spread names the middle, the 95th of a hundred and the most', () => {
  expect(spread([])).toBeNull()
  expect(spread([5])).toEqual({ n: 1, p50: 5, p95: 5, max: 5 })
  expect(spread(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual({
    n: 100,
    p50: 50,
    p95: 95,
    max: 100,
  })
})
