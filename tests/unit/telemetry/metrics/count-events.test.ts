import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import {
  catalogue,
  type DaemonEvent,
  type EventName,
  type EventOf,
} from '../../../../host/telemetry/catalogue.ts'
import { countEvents } from '../../../../host/telemetry/metrics/count-events.ts'
import { type Metric, metrics, seriesOf } from '../../../../host/telemetry/metrics/definitions.ts'
import { openMeters } from '../../../../host/telemetry/metrics/meters.ts'
import { readMetrics } from '../../../harness/read-metrics.ts'

const declared = Object.values<Metric>(metrics).reduce((sum, metric) => sum + seriesOf(metric), 0)

/** Counts events one second apart, and returns the series. */
async function counted(events: readonly DaemonEvent[]): Promise<Map<string, number>> {
  const meters = openMeters()
  const count = countEvents(meters)
  for (const [at, event] of events.entries()) count(event, at * 1_000)
  return readMetrics(await meters.text())
}

test('the declared metrics have at most the bound of series', () => {
  expect(declared).toBeLessThanOrEqual(limits.metric_series_max)
})

test('every counter and histogram has all its series before the first event', async () => {
  const gauges = Object.values<Metric>(metrics).filter(({ type }) => type === 'gauge')
  const ofGauges = gauges.reduce((sum, metric) => sum + seriesOf(metric), 0)
  const unlabelled = gauges.filter(({ labels }) => Object.keys(labels).length === 0).length
  expect((await counted([])).size).toBe(declared - ofGauges + unlabelled)
})

const hostileText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    'other',
    'ok',
    '__proto__',
    'constructor',
    'a"}\nripple_runs_total{status="x',
    'uhCAk'.repeat(11),
  ),
)
const hostileValue = fc.oneof(
  hostileText,
  fc.double(),
  fc.constantFrom(null, undefined, true, Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 60),
)
/** An event of the catalogue whose fields hold anything, as if its reporter had checked nothing. */
const hostileEvent = fc
  .constantFrom(...(Object.keys(catalogue) as EventName[]))
  .chain((type) =>
    fc
      .record(
        Object.fromEntries(Object.keys(catalogue[type].fields.shape).map((name) => [name, hostileValue])),
      )
      .map((fields) => ({ type, ...fields }) as unknown as DaemonEvent),
  )

test('a hostile stream of events adds no series and puts none of its text into labels', async () => {
  const before = new Set((await counted([])).keys())
  await fc.assert(
    fc.asyncProperty(fc.array(hostileEvent, { maxLength: 300 }), async (events) => {
      const after = await counted(events)
      expect([...after.keys()].filter((series) => !before.has(series))).toEqual([])
      expect([...after.values()].filter((value) => !(Number.isFinite(value) && value >= 0))).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('the memory of awaited first texts is bounded', async () => {
  const posts = Array.from({ length: limits.metric_awaited_max + 1 }, (_, at) => `k${at}`)
  const series = await counted([
    ...posts.map(
      (task_key) => ({ type: 'task_state', task_key, task: 't', state: 'posted', peer: null }) as const,
    ),
    { type: 'task_text', task_key: 'k0', text: 'late' },
    { type: 'task_text', task_key: `k${limits.metric_awaited_max}`, text: 'in time' },
  ])
  expect(series.get('ripple_task_first_text_seconds_count')).toBe(1)
})

const closed = {
  type: 'task_closed',
  task: 't',
  outcome: 'accepted',
  priority: 'interactive',
  place: 'peer',
  why: null,
  wait_ms: 300,
  total_ms: 2_000,
  tokens_in: 7,
  tokens_out: 9,
} as const satisfies EventOf<'task_closed'>

test('the life of a task is counted by outcome, place, time and tokens', async () => {
  const key = { task_key: 'k', task: 't' }
  const series = await counted([
    { type: 'task_state', ...key, state: 'posted', peer: null },
    { type: 'offered', task: 't', to: 'bob' },
    { type: 'refused', task: 't', by: 'bob', code: 'busy' },
    { type: 'refused', task: 't', by: 'bob', code: 'a code that nobody declared' },
    { type: 'task_text', task_key: 'k', text: 'a' },
    { type: 'task_text', task_key: 'k', text: 'b' },
    { type: 'checked', task: 't', result: 'r', verdict: 'ok' },
    closed,
    { ...closed, outcome: 'expired', place: 'none', why: 'queue', wait_ms: null },
  ])
  expect(Object.fromEntries(series)).toMatchObject({
    'ripple_tasks_total{outcome="accepted",priority="interactive",place="peer"}': 1,
    'ripple_tasks_total{outcome="expired",priority="interactive",place="none"}': 1,
    'ripple_tasks_unaccepted_total{why="queue"}': 1,
    'ripple_task_duration_seconds_sum{outcome="accepted"}': 2,
    ripple_task_wait_seconds_count: 1,
    ripple_task_first_text_seconds_sum: 4,
    'ripple_task_tokens_total{direction="in",place="peer"}': 7,
    'ripple_task_tokens_total{direction="out",place="peer"}': 9,
    ripple_offers_total: 1,
    'ripple_offers_refused_total{reason="busy"}': 1,
    'ripple_offers_refused_total{reason="other"}': 1,
    'ripple_results_checked_total{verdict="ok"}': 1,
    'ripple_events_total{event="task_text"}': 2,
  })
})

test('runs, decisions, released grants and restarts are counted', async () => {
  const run = { task: 't', grant: 'g', attempt: 1 }
  const series = await counted([
    { type: 'run_ended', ...run, status: 'failed', code: 'engine_crashed' },
    { type: 'run_measured', task: 't', tokens_in: 3, tokens_out: 4, run_ms: 1_500 },
    { type: 'released', ...run, reason: 'busy' },
    { type: 'process_crashed', child: 'conductor', detail: 'exit 1', again_in_ms: 1 },
    {
      ...{ type: 'policy_decided', decision: 'd', point: 'run', subject: 's' },
      ...{ allow: false, rule: 'r', reasons: [] },
    },
  ])
  expect(Object.fromEntries(series)).toMatchObject({
    'ripple_runs_total{status="failed"}': 1,
    'ripple_run_tokens_total{direction="out"}': 4,
    ripple_run_duration_seconds_sum: 1.5,
    'ripple_grants_released_total{reason="busy"}': 1,
    'ripple_process_restarts_total{child="conductor"}': 1,
    'ripple_policy_decisions_total{point="run",decision="refuse"}': 1,
  })
})
