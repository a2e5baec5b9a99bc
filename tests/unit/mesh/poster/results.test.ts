import { describe, expect, test } from 'vitest'
import { apply } from '../../../../host/mesh/apply.ts'
import { plan } from '../../../../host/mesh/plan.ts'
import type { ScheduledEffect } from '../../../../host/mesh/state/effects.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import type { EventOf } from '../../../../host/types/events.ts'
import { defaultWorkConfig } from '../../../../host/work/context/config.ts'
import type { Fallback } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { committed, grantEvent, now, peer, resultEvent, stateAfter, taskEvent } from '../fixtures.ts'

const payload = { type: 'clear', salt: '', text: '' } as const
const fallback: Fallback = { after_ms: 1_000, allow: { type: 'any' }, payload }
const posted = [committed(taskEvent({ fallback })), committed(grantEvent(1, 'worker'))]
const peers = ['worker', 'honest', 'liar'].map((agent) => peer(agent))

function named(from: string, result: string, claim: string | null, salt: number): MeshInput {
  const opens = { salt: Uint8Array.of(salt), key: Uint8Array.of(salt) }
  const message = { type: 'result', task: 'task', attempt: 1, result, claim, ...opens } as const
  return { type: 'message_received', from, message, at: now }
}

function found(event: EventOf<'Result'>): MeshInput {
  return { type: 'results_found', task: 'task', events: [event], at: now }
}

function claimed(author: string): EventOf<'Result'> {
  const result = resultEvent(1, author)
  return {
    ...result,
    hash: `result of ${author}`,
    entry: { ...result.entry, authority: `claim of ${author}` },
  }
}

const results = (state: MeshState) => state.open.get('task')?.results
const saltOf = (state: MeshState, authority: string) => results(state)?.get(authority)?.salt?.[0] ?? null

function closes(state: MeshState, at: number): ScheduledEffect[] {
  return plan(state, at).actions.filter(({ type }) => type === 'commit')
}

describe('the key of a result', () => {
  test("a stand-in that names another worker's grant cannot open its result", () => {
    const lied = [...posted, named('liar', 'result 1', 'grant 1', 9), found(resultEvent(1, 'worker'))]
    expect(saltOf(stateAfter(lied, peers), 'grant 1')).toBeNull()
    expect(saltOf(stateAfter([...lied, named('worker', 'result 1', null, 1)], peers), 'grant 1')).toBe(1)
  })

  test("a stand-in that names another's claim cannot open its result, in any order", () => {
    const lie = named('liar', 'result of honest', 'claim of honest', 9)
    const truth = named('honest', 'result of honest', 'claim of honest', 1)
    const event = found(claimed('honest'))
    const orders = [
      [lie, event, truth],
      [event, lie, truth],
      [truth, lie, event, truth],
      [truth, event, lie],
      [lie, truth, event],
    ]
    const salts = orders.map((order) => saltOf(stateAfter([...posted, ...order], peers), 'claim of honest'))
    expect(salts).toEqual([1, 1, 1, 1, 1])
  })

  test('either of two results that a worker wrote for one run is opened', () => {
    const first = found(resultEvent(1, 'worker'))
    const second = named('worker', 'the second', null, 1)
    const lie = named('liar', 'the second', null, 9)
    for (const order of [
      [first, second],
      [second, first],
      [first, lie, second],
      [second, first, second],
    ]) {
      const state = stateAfter([...posted, ...order], peers)
      expect(results(state)?.get('grant 1')).toMatchObject({
        named: 'result 1',
        event: { hash: 'result 1' },
        salt: Uint8Array.of(1),
      })
    }
  })
})

describe('a task whose attempts are spent', () => {
  const spent = [committed(taskEvent({ fallback, max_attempts: 1 })), committed(grantEvent(1, 'worker'))]
  const released = { type: 'released', task: 'task', attempt: 1, reason: 'draining' } as const
  const lost: MeshInput = { type: 'message_received', from: 'worker', message: released, at: now }
  const looked: MeshInput[] = [
    { type: 'begun', owner: 'task', verb: 'look', tries: 1, at: now },
    { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok: true },
  ]
  const message = { type: 'runs', task: 'task', claim: 'claim of honest' } as const
  const runs: MeshInput = { type: 'message_received', from: 'honest', message, at: now }

  test('a task whose attempts are spent fails if nobody runs it', () => {
    expect(closes(stateAfter([...spent, lost, ...looked], peers), now)).toMatchObject([
      { entry: { type: 'Close', outcome: 'failed' } },
    ])
  })

  test('a task whose attempts are spent does not fail while a stand-in runs it', () => {
    const state = stateAfter([...spent, lost, ...looked, runs], peers)
    expect(closes(state, now)).toEqual([])
    expect(closes(state, now + 10_000)).toMatchObject([{ entry: { outcome: 'failed' } }])
  })
})

describe('an expired last attempt', () => {
  const late = now + 11_000
  const looked: MeshInput[] = [
    { type: 'begun', owner: 'task', verb: 'look', tries: 1, at: late },
    { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok: true },
  ]
  const last = [committed(taskEvent({ max_attempts: 1 })), committed(grantEvent(1, 'worker'))]
  const here: MeshInput = { type: 'result_handed', task: 'task', event: resultEvent(1, 'worker'), at: now }
  const verdict = { ok: true, why: 'ok', checks: ['digest' as const] }
  const checked: MeshInput = { type: 'checked', task: 'task', authority: 'grant 1', verdict }
  const gone = now + defaultWorkConfig.peer_away_ms

  test.each([
    ['its worker has yet to send what opens it', [found(resultEvent(1, 'worker'))], 'send'],
    ['it was checked and has yet to arrive', [here, checked], 'look'],
  ])('an expired last attempt has not failed while a result is known: %s', (_, known, follows) => {
    const state = stateAfter([...last, ...known, ...looked], peers)
    expect(closes(state, late)).toEqual([])
    expect(plan(state, late).actions).toContainEqual(
      expect.objectContaining({ owner: 'task', type: follows }),
    )
    expect(closes(state, gone)).toMatchObject([{ entry: { outcome: 'failed' } }])
  })

  test('an expired last attempt has failed if its result did not pass the checks', () => {
    const bad: MeshInput = { ...checked, verdict: { ok: false, why: 'another digest', checks: [] } }
    expect(closes(stateAfter([...last, here, bad, ...looked], peers), late)).toMatchObject([
      { entry: { outcome: 'failed' } },
    ])
  })
})

test('a task past its end is not granted again while a result is waited for', () => {
  const done = found(resultEvent(1, 'worker'))
  const old = taskEvent({ created_at: now - 600_000 })
  const start = [committed(old), committed(grantEvent(1, 'worker')), done]
  const looked: MeshInput[] = [
    { type: 'begun', owner: 'task', verb: 'look', tries: 1, at: now + 95_000 },
    { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok: true },
  ]
  const state = stateAfter([...start, ...looked], peers)
  expect(plan(state, now + 20_000).actions.map(({ type }) => type)).not.toContain('offer')
  expect(closes(state, now + 100_000)).toMatchObject([{ entry: { outcome: 'expired' } }])
})

test.each([
  ['worker', () => null],
  ['liar', (index: number) => `claim ${index}`],
])('the %s that names ever other results costs one look at a time', (from, claim) => {
  let looks = 0
  let state = stateAfter(posted, peers)
  for (let index = 0; index < 100; index++) {
    state = apply(state, named(from, `result ${index}`, claim(index), 9))
    for (const action of plan(state, now).actions) {
      if (action.type !== 'look' || action.named === null) continue
      looks += 1
      const { owner, verb, tries } = action
      state = apply(state, { type: 'begun', owner, verb, tries, at: now })
      state = apply(state, { type: 'ended', owner, verb, tries, ok: true })
    }
  }
  expect([looks, state.pace.get('task')?.size]).toEqual([1, 1])
})

test('a stand-in that names many results leaves room for those of others', () => {
  const flood = Array.from({ length: 100 }, (_, index) =>
    named('liar', `result ${index}`, `claim ${index}`, 9),
  )
  const state = stateAfter(
    [...posted, ...flood, named('honest', 'result of honest', 'claim of honest', 1)],
    peers,
  )
  expect([...(results(state)?.keys() ?? [])]).toEqual(['claim 99', 'claim of honest'])
})

test('many stand-ins neither shut out a result that is here nor hide its key', () => {
  const words = Array.from({ length: 100 }, (_, index) =>
    named(`liar ${index}`, `result ${index}`, `claim ${index}`, 9),
  )
  const truth = named('honest', 'result of honest', 'claim of honest', 1)
  const state = stateAfter([...posted, ...words, truth, found(claimed('honest')), truth], peers)
  expect(results(state)?.get('claim of honest')).toMatchObject({ from: 'honest', arrived: true })
  expect(saltOf(state, 'claim of honest')).toBe(1)
  const many = Array.from({ length: 100 }, (_, index) => found(claimed(`stand-in ${index}`)))
  expect(results(stateAfter([...posted, ...words, ...many], peers))?.size).toBe(64)
})
