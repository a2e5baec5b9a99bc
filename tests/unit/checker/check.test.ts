import { describe, expect, test } from 'vitest'
import type { MeshEvent } from '../../../host/types/events.ts'
import type { Disturbance, History, HistoryLine } from '../../harness/checker/history.ts'
import { brokenBy, checked, close, deadlines_ms, event, grant, result, task } from './makers.ts'

const granted = { task: 'task', grant: 'grant 1', attempt: 1 } as const
const runs = { type: 'run_started', ...granted, poster: 'poster', model: null, input: 'text' } as const

describe('further attempts', () => {
  const events = [task(), grant(1, 'worker', 1_000), grant(2, 'other', 12_000, 'expired')]
  const disturbed = (kind: Disturbance['kind'], agents: string[], from: number, to = from) =>
    brokenBy(events, { disturbances: [{ kind, agents, from, to }] })

  test.for<[string, Disturbance['kind'], string[], number, number]>([
    ['a kill of the worker that had it', 'kill', ['worker'], 5_000, 9_000],
    ['a kill of the poster', 'kill', ['poster'], 5_000, 9_000],
    ['a kill before it that lasts into it', 'kill', ['worker'], 0, 2_000],
    ['a cut between the two', 'partition', ['worker', 'third'], 5_000, 9_000],
    ['a message lost between the two', 'loss', ['worker', 'poster'], 5_000, 5_000],
  ])('another attempt is excused by %s', ([, kind, agents, from, to]) => {
    expect(disturbed(kind, agents, from, to)).toEqual([])
  })

  test.for<[string, Disturbance['kind'], string[], number, number]>([
    ['a kill of another machine', 'kill', ['other'], 5_000, 9_000],
    ['a kill that was over before', 'kill', ['worker'], 0, 500],
    ['a kill that came after', 'kill', ['worker'], 12_500, 20_000],
    ['a cut with both on one side', 'partition', ['worker', 'poster'], 5_000, 9_000],
    ['a message lost between others', 'loss', ['worker', 'third'], 5_000, 5_000],
  ])('another attempt is not excused by %s', ([, kind, agents, from, to]) => {
    expect(disturbed(kind, agents, from, to)).toEqual(['attempts_bounded'])
  })

  test('another attempt is excused for a while after a fault and by clock skew', () => {
    const disturbances = [{ kind: 'kill', agents: ['worker'], from: 0, to: 500 } as const]
    expect(brokenBy(events, { disturbances, aftermath_ms: 600 })).toEqual([])
    expect(brokenBy(events, { disturbances, ahead_ms: new Map([['poster', 600]]) })).toEqual([])
  })

  test('another attempt must name a true reason', () => {
    const disturbances: Disturbance[] = [{ kind: 'kill', agents: ['poster'], from: 0, to: 60_000 }]
    const regranted = (at: number, reason: string, more: Partial<History> = {}, found: MeshEvent[] = []) =>
      brokenBy([task(), grant(1, 'worker', 1_000), ...found, grant(2, 'other', at, reason)], {
        disturbances,
        ...more,
      })
    expect(regranted(5_900, 'silent')).toEqual(['reason_holds'])
    expect(regranted(6_100, 'silent')).toEqual([])
    expect(regranted(10_900, 'expired')).toEqual(['reason_holds'])
    expect(regranted(3_000, 'failed')).toEqual(['reason_holds'])
    expect(regranted(3_000, 'failed', {}, [result(1, 'worker', 2_000, 'failed')])).toEqual([])
    expect(regranted(3_000, 'rejected')).toEqual(['reason_holds'])
    expect(regranted(3_000, 'released')).toEqual(['reason_holds'])
    const released = { type: 'released', task: 'task', grant: 'grant 1', attempt: 1 } as const
    const logs: HistoryLine[] = [{ ...released, reason: 'draining', agent: 'worker', at: 2_000 }]
    expect(regranted(3_000, 'released', { logs })).toEqual([])
    const full = { kind: 'disk_full', agents: ['worker'], from: 1_500, to: 2_500 } as const
    expect(regranted(3_000, 'released', { disturbances: [...disturbances, full] })).toEqual([])
  })
})

describe('a cancel', () => {
  const asked = (at: number): HistoryLine => ({ type: 'cancel_asked', task: 'task', agent: 'poster', at })

  test('a cancel must follow a request', () => {
    const events = [task(), close('task', 5_000, 'cancelled')]
    expect(brokenBy(events)).toEqual(['cancel_was_wanted'])
    expect(brokenBy(events, { logs: [asked(6_000)] })).toEqual(['cancel_was_wanted'])
    expect(brokenBy(events, { logs: [asked(4_000)] })).toEqual([])
  })

  test('a cancel follows from a failed dependency or a twin with the same key', () => {
    const waits = task('task', 10, { depends_on: ['first'] })
    const ended = (outcome: string) => [
      task('first'),
      close('first', 300_000, outcome, 'first'),
      waits,
      close('task', 300_001, 'cancelled'),
    ]
    expect(brokenBy(ended('expired'))).not.toContain('cancel_was_wanted')
    expect(brokenBy(ended('accepted'))).toEqual(['cancel_was_wanted'])
    const twin = [task('first', 0, { id: 'key' }), task('task', 10, { id: 'key' })]
    expect(brokenBy([...twin, close('task', 50, 'cancelled')])).toEqual([])
  })
})

describe('a task that expires', () => {
  const lost = [task(), grant(1, 'worker', 1_000), result(1, 'worker', 2_000, 'failed')]
  const expired = close('grant 1', 240_100, 'expired')

  test('an expired task must have had no other machine that could run it', () => {
    expect(brokenBy([...lost, expired])).toEqual(['retry_happens'])
    const away = (agents: string[], from: number): Disturbance => ({
      kind: 'kill',
      agents,
      from,
      to: from + 1,
    })
    const hindered = (...disturbances: Disturbance[]) => brokenBy([...lost, expired], { disturbances })
    expect(hindered(away(['other'], 150_000))).toEqual(['retry_happens'])
    expect(hindered(away(['other', 'third'], 150_000))).toEqual(['retry_happens'])
    expect(hindered(away(['other', 'third'], 210_000))).toEqual([])
    expect(hindered(away(['poster'], 210_000))).toEqual([])
    expect(hindered(away(['poster'], 150_000))).toEqual(['retry_happens'])
    const ran = {
      type: 'run_ended',
      task: 'task',
      grant: 'grant 1',
      attempt: 1,
      status: 'ok',
      code: null,
    } as const
    const busy = (agent: string): HistoryLine => ({ ...ran, agent, at: 150_000 })
    expect(brokenBy([...lost, expired], { logs: [busy('other'), busy('third')] })).toEqual([])
    const run = { ...runs, at: 1_500 } as const
    const goesOn: HistoryLine[] = ['other', 'third'].map((agent) => ({ ...run, agent }))
    expect(brokenBy([...lost, expired], { logs: goesOn })).not.toContain('retry_happens')
    const again: HistoryLine = { type: 'started', agent: 'third', at: 1_900 }
    expect(brokenBy([...lost, expired], { logs: [...goesOn, again] })).toContain('retry_happens')
  })

  test('an expired task may have spent its attempts or have a last one running', () => {
    const last = task('task', 0, { max_attempts: 1 })
    expect(brokenBy([last, ...lost.slice(1), expired])).toEqual([])
    const logs: HistoryLine[] = [{ ...runs, agent: 'worker', at: 2_000 }]
    expect(brokenBy([...lost.slice(0, 2), expired], { logs })).toEqual([])
  })

  test('an expired task that was never granted must have had no machine', () => {
    const early = close('task', 120_100, 'expired')
    expect(brokenBy([task(), early])).toEqual(['retry_happens'])
    const waited = (queue: number) => task('task', 0, { deadlines_ms: { ...deadlines_ms, queue } })
    expect(brokenBy([waited(60_000), early])).toEqual(['retry_happens'])
    expect(brokenBy([waited(30_000), early])).toEqual([])
  })

  test('an expired task may have been held back by the brake', () => {
    const short = task('task', 0, { deadlines_ms: { ...deadlines_ms, total: 60_000 } })
    const forgotten = [short, grant(1, 'worker', 1_000), close('grant 1', 60_100, 'expired')]
    const peers = ['worker', 'other', 'third', 'fourth', 'fifth']
    const held = (events: MeshEvent[], known: string[], ...silent: string[]) =>
      brokenBy(events, {
        able: new Map([['poster', known]]),
        disturbances: silent.map((agent) => ({ kind: 'kill', agents: [agent], from: 2_000, to: 60_000 })),
      })
    expect(held(forgotten, peers)).toEqual(['retry_happens'])
    expect(held(forgotten, peers, 'fourth', 'fifth')).toEqual(['retry_happens'])
    expect(held(forgotten, peers, 'third', 'fourth', 'fifth')).toEqual([])
    expect(held(forgotten, peers.slice(0, 3), 'third')).toEqual(['retry_happens'])
    const failed = [...forgotten, result(1, 'worker', 1_500, 'failed')]
    expect(held(failed, peers, 'third', 'fourth', 'fifth')).toEqual(['retry_happens'])
  })
})

test('a task that failed with attempts left must have had no candidate left', () => {
  const liar = { disturbances: [{ kind: 'lie', agents: ['poster'], from: 0, to: 60_000 } as const] }
  const events = [
    task(),
    grant(1, 'poster', 1_000),
    result(1, 'poster', 2_000, 'ok'),
    close('grant 1', 4_000, 'failed'),
  ]
  const alone = { ...liar, able: new Map() }
  expect(brokenBy(events, { ...alone, logs: [checked('another digest', 3_000)] })).toEqual([])
  expect(brokenBy(events, { ...liar, logs: [checked('another digest', 3_000)] })).toEqual(['reason_holds'])
  expect(brokenBy(events, { ...alone, logs: [checked('ok', 3_000)] })).toContain('reason_holds')
})

test('nobody may be left waiting for ever', () => {
  const waiting = [{ agent: 'poster', task: null, what: 'a post has no answer' }]
  expect(brokenBy([], { waiting })).toEqual(['nothing_waits'])
  expect(brokenBy([])).toEqual([])
})

test('a stand-in must claim a task only after its dependencies were accepted', () => {
  const claim = event('claim', 'third', 50_000, { type: 'FallbackClaim', task: 'task', attempt: 1 })
  const events = (acceptedAt: number) => [
    task('first'),
    close('first', acceptedAt, 'accepted', 'first'),
    task('task', 10, { depends_on: ['first'] }),
    claim,
  ]
  const disturbances: Disturbance[] = [{ kind: 'kill', agents: ['poster'], from: 0, to: 1 }]
  const told = (acceptedAt: number, more: Partial<History> = {}) =>
    brokenBy(events(acceptedAt), { disturbances, ...more })
  // An accepted task without its Result is another rule's matter.
  expect(told(40_000)).not.toContain('dependencies_hold')
  expect(told(60_000)).toContain('dependencies_hold')
  expect(told(60_000, { ahead_ms: new Map([['poster', 20_000]]) })).not.toContain('dependencies_hold')
})
