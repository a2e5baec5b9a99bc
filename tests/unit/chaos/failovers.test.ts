import { describe, expect, test } from 'vitest'
import type { MeshEvent } from '../../../host/types/events.ts'
import { failovers, type Known, spread } from '../../chaos/failovers.ts'
import type { Disturbance, HistoryLine } from '../../harness/checker/history.ts'
import { closeEvent, grantEvent, resultEvent, taskEvent } from '../mesh/fixtures.ts'

/** Times are in milliseconds from the first Grant on; leases are the fixtures' 10 s. */
const lost = grantEvent(1, 'worker', { at: 0 })
const next = (at: number, reason = 'silent'): MeshEvent => {
  const event = grantEvent(2, 'other', { at })
  return { ...event, entry: { ...event.entry, reason: reason as 'silent' } }
}
const close = (at: number, outcome: 'failed' | 'expired' | 'cancelled' | 'accepted'): MeshEvent => {
  const event = closeEvent('grant 1', 3)
  return { ...event, at, entry: { ...event.entry, outcome } }
}
const killed = (at: number): HistoryLine => ({
  type: 'fault',
  kind: 'kill',
  agents: ['worker'],
  agent: 'worker',
  at,
})
const up = (at: number): HistoryLine => ({ type: 'started', agent: 'worker', at })
const grant = { task: 'task', grant: 'grant 1', attempt: 1, agent: 'worker' } as const
const about = { poster: 'poster', model: null, input: 'text' } as const
const begun = (at: number): HistoryLine => ({ type: 'run_started', ...grant, ...about, at })
const ended = (at: number): HistoryLine => ({ type: 'run_ended', ...grant, status: 'ok', code: null, at })
const gaveBack = (at: number): HistoryLine => ({ type: 'released', ...grant, reason: 'draining', at })
const hit = (agent: string, from: number, to: number): Disturbance => ({
  agents: [agent],
  kind: 'kill',
  from,
  to,
})

/** A run in which a worker got a task, and this followed. */
function known(
  end: MeshEvent,
  logs: readonly HistoryLine[],
  more: { readonly disturbances?: readonly Disturbance[]; readonly worker?: readonly MeshEvent[] } = {},
): Known {
  const chains = new Map([
    ['poster', [{ ...taskEvent(), at: -1 }, lost, end]],
    ['worker', more.worker ?? []],
    ['other', []],
  ])
  return { logs, chains, disturbances: more.disturbances ?? [] }
}

const midAnswer = { bound_ms: 8_000, midAnswer: true }
const before = { bound_ms: 15_000, midAnswer: false }

test('a failover takes from the death of the worker to the next grant', () => {
  expect(failovers(known(next(9_000), [begun(1_000), killed(3_000)]))).toEqual([
    { task: 'task', ms: 6_000, lease_ms: 10_000, ...midAnswer, besides: 'nothing' },
  ])
})

describe('the moment of a death', () => {
  test("a death counts as in mid-answer by the worker's run, whatever the poster's reason", () => {
    for (const reason of ['silent', 'expired']) {
      expect(failovers(known(next(9_000, reason), [begun(1_000), killed(3_000)]))).toMatchObject([midAnswer])
      expect(failovers(known(next(9_000, reason), [killed(3_000)]))).toMatchObject([before])
    }
  })

  test('a death after the run or in a later life does not count as in mid-answer', () => {
    expect(failovers(known(next(9_000), [begun(1_000), ended(2_000), killed(3_000)]))).toMatchObject([before])
    const lives = [begun(1_000), killed(2_000), up(4_000), killed(5_000)]
    expect(failovers(known(next(9_000), lives))).toMatchObject([{ ms: 4_000, ...before }])
  })
})

describe('other disturbances', () => {
  const logs = [begun(1_000), killed(3_000)]

  test('another disturbance is noted if it happened while the bound ran', () => {
    const disturbed = (agent: string) =>
      known(next(9_000), logs, { disturbances: [hit(agent, 2_000, 4_000)] })
    expect(failovers(disturbed('poster'))).toMatchObject([{ besides: 'poster_hit' }])
    expect(failovers(disturbed('other'))).toMatchObject([{ besides: 'nobody_left' }])
    expect(failovers(known(next(9_000), [...logs, up(8_000)]))).toMatchObject([{ besides: 'worker_back' }])
  })

  test('a disturbance after the bound excuses no miss', () => {
    const miss = [{ ms: 57_000, ...midAnswer, besides: 'nothing' }]
    const late = (agent: string) => known(next(60_000), logs, { disturbances: [hit(agent, 12_000, 50_000)] })
    expect(failovers(late('poster'))).toMatchObject(miss)
    expect(failovers(late('other'))).toMatchObject(miss)
    const back = [{ ...miss[0], ms: 9_000 }]
    expect(failovers(known(next(60_000), [...logs, up(12_000)]))).toMatchObject(back)
    expect(failovers(known(next(60_000, 'released'), [...logs, up(12_000), gaveBack(59_000)]))).toMatchObject(
      back,
    )
  })
})

describe('a death without a next grant', () => {
  test.each(['failed', 'expired'] as const)(
    'a failover without a next grant ends with the Close when the task %s',
    (outcome) => {
      const logs = [begun(1_000), killed(3_000)]
      expect(failovers(known(close(8_000, outcome), logs))).toMatchObject([{ ms: 5_000, ...midAnswer }])
    },
  )

  test('a cancelled or accepted task has no failover within the bound, and a miss after it', () => {
    const logs = [killed(3_000)]
    for (const outcome of ['cancelled', 'accepted'] as const) {
      expect(failovers(known(close(17_000, outcome), logs))).toEqual([])
      expect(failovers(known(close(19_000, outcome), logs))).toMatchObject([{ ms: 16_000 }])
    }
  })

  test('a death after the worker failed or gave back is not a failover', () => {
    const worker = [{ ...resultEvent(1, 'worker', 'failed'), at: 2_000 }]
    expect(failovers(known(close(8_000, 'failed'), [killed(3_000)], { worker }))).toEqual([])
    expect(failovers(known(close(8_000, 'failed'), [gaveBack(2_000), killed(3_000)]))).toEqual([])
  })
})

describe('several deaths under one grant', () => {
  test('the first death after the worker last came up counts', () => {
    const logs = [killed(2_000), up(3_000), begun(3_500), killed(4_000), killed(7_000), killed(9_500)]
    expect(failovers(known(next(9_000), logs))).toMatchObject([{ ms: 5_000, ...midAnswer }])
  })

  test('an absence longer than its bound counts from the first death', () => {
    const logs = [begun(1_000), killed(2_000), up(20_000), begun(21_000), killed(22_000)]
    expect(failovers(known(next(26_000), logs))).toMatchObject([{ ms: 18_000, besides: 'nothing' }])
  })
})

test('a grant that was given back or has an earlier result is not a failover', () => {
  expect(failovers(known(next(9_000, 'released'), [gaveBack(2_000), killed(3_000)]))).toEqual([])
  // A full disk took no line of it.
  expect(failovers(known(next(9_000, 'released'), [killed(3_000)]))).toEqual([])
  const worker = [{ ...resultEvent(1, 'worker'), at: 2_500 }]
  expect(failovers(known(next(9_000, 'expired'), [killed(3_000)], { worker }))).toEqual([])
})

test("a poster's own grant is not a failover when the poster dies", () => {
  const own = grantEvent(1, 'poster', { at: 0 })
  const chains = new Map([['poster', [taskEvent(), own, next(9_000)]]])
  const kill = { ...killed(3_000), agents: ['poster'], agent: 'poster' } as HistoryLine
  expect(failovers({ logs: [kill], chains, disturbances: [] })).toEqual([])
})

test('a spread has the median, the 95th percentile and the maximum', () => {
  expect(spread([])).toBeNull()
  expect(spread([5])).toEqual({ n: 1, p50: 5, p95: 5, max: 5 })
  expect(spread(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual({
    n: 100,
    p50: 50,
    p95: 95,
    max: 100,
  })
})
