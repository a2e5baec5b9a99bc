import { describe, expect, test } from 'vitest'
import type { HistoryEvent } from '../../../host/telemetry/history.ts'
import type { MeshEvent } from '../../../host/types/events.ts'
import type { Disturbance, History } from '../../harness/checker/history.ts'
import { brokenBy, close, grant, result, task } from './makers.ts'

const kill = (agent: string, from: number, to = from): Disturbance => ({
  kind: 'kill',
  agents: [agent],
  from,
  to,
})
const checked = (verdict: string): HistoryEvent => ({
  type: 'checked',
  task: 'task',
  result: 'result 1',
  verdict,
  agent: 'poster',
  at: 2_500,
})

describe('a task that fails', () => {
  const once = task('task', 0, { max_attempts: 1 })
  const failed = (at: number, more: Partial<History> = {}, found: MeshEvent[] = []) =>
    brokenBy([once, grant(1, 'worker', 1_000), ...found, close('grant 1', at, 'failed')], more)

  test('lost its last worker by something that went wrong', () => {
    expect(failed(12_000)).toEqual(['attempts_bounded'])
    expect(failed(12_000, { disturbances: [kill('worker', 5_000)] })).toEqual([])
    expect(failed(12_000, { disturbances: [kill('poster', 5_000)] })).toEqual([])
    expect(failed(12_000, { disturbances: [kill('other', 5_000)] })).toEqual(['attempts_bounded'])
    expect(failed(12_000, { disturbances: [kill('worker', 12_500)] })).toEqual(['attempts_bounded'])
  })

  test('lost it beyond doubt', () => {
    const disturbances = [kill('poster', 0, 60_000)]
    expect(failed(3_000, { disturbances })).toEqual(['reason_holds'])
    expect(failed(3_000, { disturbances }, [result(1, 'worker', 2_000, 'failed')])).toEqual([])
    const good = [result(1, 'worker', 2_000, 'ok')]
    expect(failed(3_000, { disturbances }, good)).toEqual(['reason_holds'])
    expect(failed(3_000, { disturbances, logs: [checked('ok')] }, good)).toEqual(['reason_holds'])
    expect(failed(3_000, { disturbances, logs: [checked('another digest')] }, good)).toEqual([])
    const released = { type: 'released', task: 'task', grant: 'grant 1', attempt: 1 } as const
    const logs: HistoryEvent[] = [{ ...released, reason: 'draining', agent: 'worker', at: 2_000 }]
    expect(failed(3_000, { disturbances, logs })).toEqual([])
  })
})
