import { expect, test } from 'vitest'
import { mapLimits } from '../../../../../host/limits/map.ts'
import type { StreamEvent } from '../../../../../host/telemetry/catalogue.ts'
import { Traffic } from '../../../../../host/ui/views/mesh/traffic.ts'

/** A step of an own task. */
function step(task: string, state: string, peer: string | null): StreamEvent {
  return { id: '1', at: 5, type: 'task_state', task_key: `key-${task}`, task, state, peer }
}

function run(type: 'run_started' | 'run_ended', task: string): StreamEvent {
  const granted = { task, grant: 'g', attempt: 1 }
  const about = { poster: 'b', model: null, input: 'text' } as const
  if (type === 'run_started') return { id: '1', at: 5, type, ...granted, ...about }
  return { id: '1', at: 5, type, ...granted, status: 'ok', code: null }
}

test('a task goes to its worker once, and its answer comes back once', () => {
  const traffic = new Traffic('self')
  for (const [state, peer] of [
    ['posted', null],
    ['granted', 'b'],
    ['running', 'b'],
  ] as const)
    traffic.hear(step('t', state, peer), 100)
  expect(traffic.moving(100)).toEqual([{ from: 'self', to: 'b', what: 'task', startsAt: 100 }])
  expect(traffic.counts()).toEqual(new Map([['b', 1]]))
  traffic.hear(step('t', 'delivered', 'b'), 200)
  traffic.hear(step('t', 'accepted', 'b'), 300)
  expect(traffic.moving(300).map(({ what, startsAt }) => [what, startsAt])).toEqual([
    ['task', 100],
    ['answer', 200],
  ])
  expect(traffic.counts()).toEqual(new Map())
  expect(traffic.moving(300 + mapLimits.map_trip_ms)).toEqual([])
  expect(traffic.steps.map(({ what, agent, key }) => [what, agent, key])).toEqual([
    ['answered', 'b', 'key-t'],
    ['sent', 'b', 'key-t'],
  ])
})

test('a task that its worker lost leaves that machine, and goes on to the next', () => {
  const traffic = new Traffic('self')
  traffic.hear(step('t', 'running', 'b'), 0)
  traffic.hear(step('t', 'offered', null), 1)
  traffic.hear(step('t', 'granted', 'c'), 2)
  expect(traffic.moving(2).map(({ to }) => to)).toEqual(['b', 'c'])
  expect(traffic.counts()).toEqual(new Map([['c', 1]]))
  expect(traffic.steps.map(({ what }) => what)).toEqual(['sent', 'lost', 'sent'])
})

test('a run for another machine counts at this one, and a run of an own task counts once', () => {
  const traffic = new Traffic('self')
  traffic.hear(run('run_started', 'foreign'), 0)
  traffic.hear(run('run_started', 'own'), 0)
  traffic.hear(step('own', 'running', 'self'), 0)
  expect(traffic.counts()).toEqual(new Map([['self', 2]]))
  traffic.hear(run('run_ended', 'foreign'), 1)
  traffic.hear(step('own', 'accepted', 'self'), 1)
  expect(traffic.counts()).toEqual(new Map())
  expect(traffic.moving(1)).toEqual([])
})

test('a list of open tasks replaces what events told, and moves nothing', () => {
  const traffic = new Traffic('self')
  traffic.hear(step('gone', 'running', 'b'), null)
  traffic.place([
    { task: 't', state: 'running', worker: 'c' },
    { task: 'u', state: 'posted', worker: null },
  ])
  expect(traffic.counts()).toEqual(new Map([['c', 1]]))
  expect(traffic.moving(0)).toEqual([])
})

test('the oldest of too many trips disappears', () => {
  const traffic = new Traffic('self')
  for (let at = 0; at <= mapLimits.map_trips_max; at++)
    traffic.hear(step(`t${at}`, 'running', 'b'), at / 10_000)
  expect(traffic.moving(1)).toHaveLength(mapLimits.map_trips_max)
  expect(traffic.moving(1)[0]?.startsAt).toBe(1 / 10_000)
})
