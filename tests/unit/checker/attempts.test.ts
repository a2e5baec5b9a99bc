import { describe, expect, test } from 'vitest'
import type { MeshEvent } from '../../../host/types/events.ts'
import type { Disturbance, History, HistoryLine } from '../../harness/checker/history.ts'
import { brokenBy, checked, close, event, grant, result, task } from './makers.ts'

const kill = (agent: string, from: number, to = from): Disturbance => ({
  kind: 'kill',
  agents: [agent],
  from,
  to,
})
const liar = (agent: string): Disturbance => ({
  kind: 'lie',
  agents: [agent],
  from: 0,
  to: Number.POSITIVE_INFINITY,
})

describe('a task that fails', () => {
  const once = task('task', 0, { max_attempts: 1 })
  const failed = (at: number, more: Partial<History> = {}, found: MeshEvent[] = []) =>
    brokenBy([once, grant(1, 'worker', 1_000), ...found, close('grant 1', at, 'failed')], more)

  test('a failed task must have lost its last worker to a fault', () => {
    expect(failed(12_000)).toEqual(['attempts_bounded'])
    expect(failed(12_000, { disturbances: [kill('worker', 5_000)] })).toEqual([])
    expect(failed(12_000, { disturbances: [kill('poster', 5_000)] })).toEqual([])
    expect(failed(12_000, { disturbances: [kill('other', 5_000)] })).toEqual(['attempts_bounded'])
    expect(failed(12_000, { disturbances: [kill('worker', 12_500)] })).toEqual(['attempts_bounded'])
  })

  test('a failed task needs certainty that its last worker was lost', () => {
    const disturbances = [kill('poster', 0, 60_000)]
    expect(failed(3_000, { disturbances })).toEqual(['reason_holds'])
    expect(failed(3_000, { disturbances }, [result(1, 'worker', 2_000, 'failed')])).toEqual([])
    const good = [result(1, 'worker', 2_000, 'ok')]
    expect(failed(3_000, { disturbances }, good)).toEqual(['reason_holds'])
    expect(failed(3_000, { disturbances, logs: [checked('ok', 2_500)] }, good)).toEqual(['reason_holds'])
    expect(failed(3_000, { disturbances, logs: [checked('another digest', 2_500)] }, good)).toEqual([])
    const released = { type: 'released', task: 'task', grant: 'grant 1', attempt: 1 } as const
    const logs: HistoryLine[] = [{ ...released, reason: 'draining', agent: 'worker', at: 2_000 }]
    expect(failed(3_000, { disturbances, logs })).toEqual([])
  })
})

describe('a lie', () => {
  const again = (reason: string, at: number, found: MeshEvent[], ...disturbances: Disturbance[]) =>
    brokenBy([task(), grant(1, 'worker', 1_000), ...found, grant(2, 'other', at, reason)], {
      disturbances,
      logs: [checked('another digest', 2_500)],
    })
  const told = [result(1, 'worker', 2_000, 'ok')]

  test('a lie excuses the loss of the attempt that the liar ran', () => {
    expect(again('rejected', 3_000, told, liar('worker'))).toEqual([])
    expect(again('rejected', 3_000, told)).toEqual(['attempts_bounded'])
  })

  test('a lie bars its worker from the task for good', () => {
    const given = (worker: string) =>
      brokenBy(
        [
          ...[task(), grant(1, 'worker', 1_000), ...told],
          ...[grant(2, 'other', 3_000, 'rejected'), grant(3, worker, 20_000, 'expired')],
        ],
        { disturbances: [liar('worker'), kill('other', 4_000, 30_000)], logs: [checked('no', 2_500)] },
      )
    expect(given('worker')).toEqual(['rejected_left_out'])
    expect(given('third')).toEqual([])
  })

  test('a lie excuses no attempt that the liar only posted or kept silent in', () => {
    expect(again('rejected', 3_000, told, liar('poster'))).toEqual(['attempts_bounded'])
    expect(again('rejected', 3_000, told, liar('other'))).toEqual(['attempts_bounded'])
    expect(again('expired', 12_000, [], liar('worker'))).toEqual(['attempts_bounded'])
  })
})

describe('slow messages and events', () => {
  const messages = (ms: number) => ({ messages: ms, events: 0 })
  const events = (ms: number) => ({ messages: 0, events: ms })
  const again = (lease_ms: number, reason: string, late_ms: History['late_ms'], logs: HistoryLine[] = []) =>
    brokenBy(
      [
        task('task', 0, { lease_ms }),
        grant(1, 'worker', 1_000),
        result(1, 'worker', 2_000, 'failed'),
        grant(2, 'other', 12_000, reason),
      ],
      { late_ms, logs },
    )

  test('slow messages excuse the end of shorter leases alone', () => {
    expect(again(2_000, 'silent', messages(3_000))).toEqual([])
    expect(again(2_000, 'expired', messages(3_000))).toEqual([])
    expect(again(2_000, 'failed', messages(3_000))).toEqual(['attempts_bounded'])
    expect(again(2_000, 'silent', messages(1_000))).toEqual(['attempts_bounded'])
    expect(again(10_000, 'expired', messages(8_000))).toEqual(['attempts_bounded'])
  })

  test('slow events excuse only attempts that ran, if messages are in time', () => {
    const run = { task: 'task', grant: 'grant 1', attempt: 1, agent: 'worker' } as const
    const about = { poster: 'poster', model: null, input: 'text' } as const
    const started: HistoryLine = { ...run, ...about, type: 'run_started', at: 1_500 }
    const ended: HistoryLine = { ...run, type: 'run_ended', status: 'ok', code: null, at: 1_900 }
    expect(again(2_000, 'silent', events(8_000), [started])).toEqual(['attempts_bounded'])
    expect(again(2_000, 'silent', events(8_000), [started, ended])).toEqual([])
    expect(again(2_000, 'silent', events(1_000), [started, ended])).toEqual(['attempts_bounded'])
    expect(again(10_000, 'silent', events(8_000), [started, ended])).toEqual(['attempts_bounded'])
  })
})

test('a stand-in must not claim a task of a poster that it knows to be present', () => {
  const claim = event('claim', 'third', 50_000, { type: 'FallbackClaim', task: 'task', attempt: 1 })
  const claimed = (more: Partial<History>) => brokenBy([task(), claim], more)
  const knowing = (...known: string[]) => new Map([['third', known]])
  expect(claimed({})).toEqual(['attempts_bounded'])
  expect(claimed({ disturbances: [kill('poster', 5_000)] })).toEqual([])
  expect(claimed({ disturbances: [liar('third')], late_ms: { messages: 8_000, events: 8_000 } })).toEqual([
    'attempts_bounded',
  ])
  expect(claimed({ able: knowing('poster') })).toEqual(['attempts_bounded'])
  expect(claimed({ able: knowing('worker') })).toEqual([])
})
