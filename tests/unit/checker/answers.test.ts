import { describe, expect, test } from 'vitest'
import type { MeshEvent } from '../../../host/types/events.ts'
import type { Disturbance, History } from '../../harness/checker/history.ts'
import { brokenBy, checked, close, event, grant, result, task } from './makers.ts'

/** Of a task whose answer stood at 2 s and which ended in 60 s, whether it was thrown away. */
function thrownAway(
  outcome: string,
  more: Partial<History> = {},
  { found = [result(1, 'worker', 2_000, 'ok')], at = 60_000, posted = task() } = {},
): boolean {
  const events: MeshEvent[] = [posted, grant(1, 'worker', 1_000), ...found, close('grant 1', at, outcome)]
  return brokenBy(events, more).includes('answer_kept')
}

const hindered = (kind: Disturbance['kind'], agent: string, from: number, to = from): Partial<History> => ({
  disturbances: [{ kind, agents: [agent], from, to }],
})

describe('a good answer', () => {
  test('the checker demands that a good answer is accepted', () => {
    expect(thrownAway('expired')).toBe(true)
    expect(thrownAway('failed')).toBe(true)
    expect(thrownAway('cancelled')).toBe(false)
    expect(thrownAway('failed', {}, { found: [result(1, 'worker', 2_000, 'failed')] })).toBe(false)
  })

  test('only an answer of the current attempt counts', () => {
    const found = [result(1, 'worker', 20_000, 'ok'), grant(2, 'other', 12_000, 'expired')]
    const events = [task(), grant(1, 'worker', 1_000), ...found, close('grant 2', 60_000, 'expired')]
    expect(brokenBy(events)).not.toContain('answer_kept')
    expect(brokenBy([...events, result(2, 'other', 20_000, 'ok')])).toContain('answer_kept')
  })

  test('an answer counts once its poster had time to accept it', () => {
    expect(thrownAway('failed', {}, { at: 21_000 })).toBe(false)
    expect(thrownAway('failed', {}, { at: 23_000 })).toBe(true)
  })

  test.for(['poster', 'worker'])(
    'an answer may be lost while the %s is disturbed and for a while after',
    (agent) => {
      expect(thrownAway('expired', hindered('kill', agent, 30_000, 50_000))).toBe(false)
      expect(thrownAway('expired', hindered('kill', agent, 10_000, 30_000))).toBe(true)
      expect(
        thrownAway('expired', { ...hindered('kill', agent, 10_000, 30_000), aftermath_ms: 15_000 }),
      ).toBe(false)
      expect(thrownAway('expired', hindered('loss', agent, 50_000))).toBe(false)
    },
  )

  test('a disturbance of others does not excuse a lost answer', () => {
    expect(thrownAway('expired', hindered('kill', 'other', 30_000, 50_000))).toBe(true)
    expect(thrownAway('expired', hindered('lie', 'poster', 0, 60_000))).toBe(true)
    expect(thrownAway('expired', hindered('drain', 'worker', 30_000, 60_000))).toBe(true)
  })

  test('an answer of a liar, or one that failed its check, does not count', () => {
    expect(thrownAway('expired', hindered('lie', 'worker', 0, 60_000))).toBe(false)
    expect(thrownAway('failed', { logs: [checked('another digest', 3_000)] })).toBe(false)
    expect(thrownAway('failed', { logs: [checked('ok', 3_000)] })).toBe(true)
  })

  test('an answer of a stand-in counts if the task allows it', () => {
    const allowing = (...agents: string[]) =>
      task('task', 0, { fallback: { after_ms: 1_000, allow: { type: 'agents', agents } } })
    const claim = event('claim', 'third', 10_000, { type: 'FallbackClaim', task: 'task', attempt: 1 })
    const answer = event('answer', 'third', 11_000, {
      type: 'Result',
      task: 'task',
      authority: 'claim',
      attempt: 1,
      status: { type: 'ok' },
    })
    const found = [claim, answer]
    expect(thrownAway('expired', {}, { found, posted: allowing('third') })).toBe(true)
    expect(thrownAway('expired', {}, { found, posted: allowing('other') })).toBe(false)
  })
})
