import { expect, test } from 'vitest'
import { type FigureNeeds, metricsText } from '../../../../host/daemon/facts/metrics.ts'
import { openMeters } from '../../../../host/telemetry/metrics/meters.ts'
import { forever } from '../../../harness/forever.ts'
import { readMetrics } from '../../../harness/read-metrics.ts'

/** Returns the needs of a machine without peers, tasks or models, whose conductor compares no data. */
function idle(now: () => number): FigureNeeds {
  return {
    meters: openMeters(),
    clock: { now },
    work: { list: () => [], heldGrants: () => 0, draining: () => false },
    engine: { loaded: () => [], slots: 1 },
    conductor: {
      agent: 'self',
      status: () => ({ version: '', state: 'down', pid: null, log: '' }),
      guard: { refusal: () => null, checking: () => false },
      gossip: () => Promise.reject(new TypeError('no conductor')),
    } as unknown as FigureNeeds['conductor'],
    artifacts: { ls: async () => [] },
    sharing: { why: () => null },
    peers: () => [],
    ownState: () => ({ state: 'isolated', why: '' }),
    epoch: () => ({ epoch: 0, room: { actions: 0, reserved: 0, max: 1 } }),
  }
}

test('a sleep of the machine does not move the start of the process', async () => {
  let now = Date.now()
  const needs = idle(() => now)
  const start = async () =>
    readMetrics(await metricsText(needs, forever)).get('process_start_time_seconds') ?? Number.NaN
  const before = await start()
  expect(Math.abs(before - (now / 1_000 - process.uptime()))).toBeLessThan(60)
  now += 3_600_000
  expect(await start()).toBe(before)
})

test('a figure that cannot be read has no sample, and the others have theirs', async () => {
  const series = readMetrics(await metricsText(idle(Date.now), forever))
  expect(series.has('ripple_dht_lag_seconds')).toBe(false)
  expect(series.get('ripple_ipfs_pinned')).toBe(0)
  expect(series.get('ripple_conductor_state{state="down"}')).toBe(1)
})
