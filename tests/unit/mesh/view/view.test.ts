import { describe, expect, test } from 'vitest'
import { forecast } from '../../../../host/mesh/placement/forecast.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import { ownTask } from '../../../../host/mesh/state/state.ts'
import { viewTask } from '../../../../host/mesh/view/view.ts'
import { whyTask } from '../../../../host/mesh/view/why.ts'
import type { Message } from '../../../../host/types/message.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { Fallback } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import {
  closeEvent,
  committed,
  grantEvent,
  now,
  peer,
  resultEvent,
  self,
  stateAfter,
  taskEvent,
} from '../fixtures.ts'

const heard = (type: 'started' | 'progress', at: number): MeshInput => {
  const about = { task: 'task', attempt: 1 }
  const message =
    type === 'started' ? { type, ...about } : { type, ...about, tokens_in: 0, tokens_out: 0, ran: false }
  return { type: 'message_received', from: 'a', message, at }
}
const granted = [committed(taskEvent()), committed(grantEvent(1, 'a'))]

function look(inputs: readonly MeshInput[], at: number, peers: readonly Peer[] = [peer('a')]) {
  const state = stateAfter(inputs, peers)
  const posted = ownTask(state, 'task')
  if (!posted) throw new TypeError('the task was posted')
  return { view: viewTask(state, posted, at), why: whyTask(state, posted, at) }
}

describe('a task with a worker', () => {
  test('a task is shown as running for as long as its worker is heard', () => {
    const { view, why } = look([...granted, heard('started', now)], now + 4_999)
    expect(view).toMatchObject({ state: 'running', worker: 'a', attempts: [{ ended: null }] })
    const due = { phase: 'reading', limit: 'silence_ms', lost_as: 'silent', at: now + 5_000 }
    expect(why.now).toMatchObject({ on: 'worker', agent: 'a', until: now + 5_000, due })
    expect(why.peers).toMatchObject([{ has: { as: 'grantee', until: now + 5_000 }, busy_until: null }])
  })

  test('a task whose worker fell silent is queued, and shows since when and who is asked', () => {
    const { view, why } = look([...granted, heard('started', now)], now + 5_000)
    expect(view).toMatchObject({ state: 'posted', wire_state: 'queued', worker: null })
    expect(view.attempts).toMatchObject([{ ended: { why: 'silent', code: null, since: now } }])
    expect(why).toMatchObject({ state: 'posted', now: { on: 'answer', agent: 'a' } })
  })

  test('a task whose lease ran out before its run is not shown as granted', () => {
    const { view } = look([...granted, heard('progress', now + 1_000)], now + 11_000)
    expect(view).toMatchObject({ state: 'posted', worker: null })
    expect(view.attempts).toMatchObject([{ ended: { why: 'expired', since: now + 11_000 } }])
  })

  test('a task whose worker is gone waits for a machine if nobody else can run it', () => {
    const { why } = look([...granted, heard('started', now)], now + 95_000)
    expect(why).toMatchObject({ state: 'posted', now: { on: 'nobody', until: null } })
  })
})

describe('the peers of a task', () => {
  test('the peers of a task are shown in the order in which they are asked', () => {
    const peers = [peer('big', { ram_gb: 64 }), peer(self), peer('a'), peer('cut')]
    const away = peers.map((one) => (one.agent === 'cut' ? { ...one, seenAt: null } : one))
    const state = stateAfter([committed(taskEvent())], away)
    const { why } = look([committed(taskEvent())], now, away)
    const places = (list: readonly { agent: string; rank: number | null }[]) =>
      list.map(({ agent, rank }) => [agent, rank])
    expect(places(why.peers)).toEqual([
      ['a', 0],
      ['big', 1],
      [self, 2],
      ['cut', null],
    ])
    expect(places(forecast(state, taskEvent().entry, now).peers)).toEqual(places(why.peers))
  })
})

describe('a refusal of a peer', () => {
  const said = (message: 'claim' | 'refuse', at: number): MeshInput => ({
    type: 'message_received',
    from: 'a',
    message:
      message === 'claim'
        ? { type: 'claim', task: 'task' }
        : { type: 'refuse', task: 'task', code: 'busy', policy_hash: null, retry_after_ms: 1_000 },
    at,
  })
  const answers = (...inputs: MeshInput[]) =>
    look([committed(taskEvent()), ...inputs], now).why.peers.map(({ answered }) => answered)

  test("a peer's refusal is shown in the next round until it claims", () => {
    const round: MeshInput = { type: 'round_begun', task: 'task', at: now + 1 }
    expect(answers()).toEqual([null])
    expect(answers(said('refuse', now), round)).toEqual([{ code: 'busy', at: now, policy_hash: null }])
    expect(answers(said('refuse', now), round, said('claim', now + 2))).toEqual([null])
  })
})

describe('the reason why a task waits', () => {
  const fallback: Fallback = {
    after_ms: 1_000,
    allow: { type: 'any' },
    payload: { type: 'clear', salt: '', text: '' },
  }
  const said = (from: string, message: Message): MeshInput => ({
    type: 'message_received',
    from,
    message,
    at: now,
  })
  const busy = (from: string) =>
    said(from, { type: 'refuse', task: 'task', code: 'busy', policy_hash: null, retry_after_ms: 3_000 })

  test('a task that a stand-in runs shows the stand-in', () => {
    const runs = said('a', { type: 'runs', task: 'task', claim: 'claim' })
    const { why } = look([committed(taskEvent({ fallback })), runs], now)
    expect(why.now).toEqual({ on: 'stand_in', agent: null, until: now + 10_000, due: null })
    expect(why.peers).toMatchObject([{ agent: 'a', has: { as: 'stand_in', until: now + 10_000 } }])
  })

  test("a task shows 'busy' only while all its peers are busy", () => {
    const peers = [peer('a'), peer('big', { ram_gb: 64 })]
    const asked = (to: string): MeshInput => ({ type: 'offered', task: 'task', to, at: now })
    const first = look([committed(taskEvent()), asked('a'), busy('a')], now, peers).why
    expect(first.now).toMatchObject({ on: 'answer', agent: 'big' })
    const all = [committed(taskEvent()), asked('a'), busy('a'), asked('big'), busy('big')]
    const { why } = look(all, now, peers)
    expect(why.now?.on).toBe('busy')
    expect(why.peers.map(({ busy_until }) => busy_until ?? 0)).toEqual(
      [0, 0].map(() => expect.closeTo(now + 3_000, -3)),
    )
  })

  test('a task of a poster that seems cut off shows the brake', () => {
    const peers = Array.from({ length: 5 }, (_, i) => ({
      ...peer(i === 0 ? 'a' : `peer ${i}`),
      seenAt: i < 4 ? now - 55_000 : now,
    }))
    const { why } = look([...granted, heard('started', now)], now + 5_000, peers)
    expect(why.now?.on).toBe('brake')
    expect(why.now?.until ?? 0).toBeGreaterThan(now + 5_000)
  })
})

describe('a closed task', () => {
  const close = closeEvent('grant 1', 3)
  const failed: MeshInput = {
    type: 'results_found',
    task: 'task',
    events: [resultEvent(1, 'a', 'failed')],
    at: now,
  }
  const ends = (outcome: 'expired' | 'cancelled', at: number, ...before: MeshInput[]) => {
    const prev = granted.every((one) => before.includes(one)) ? 'grant 1' : 'task'
    const entry = { ...close.entry, prev, outcome }
    return look([...before, committed({ ...close, at, entry })], at).view.ended
  }

  test('a failed task shows the failure of each attempt and nobody to ask', () => {
    const spent = [committed(taskEvent({ max_attempts: 1 })), committed(grantEvent(1, 'a'))]
    const { view, why } = look([...spent, failed, committed(close)], now)
    expect(view).toMatchObject({
      state: 'failed',
      ended: { why: 'attempts' },
      attempts: [{ ended: { why: 'failed', code: 'engine_crashed' } }],
    })
    expect(why).toMatchObject({ state: 'failed', now: null, ended: { why: 'attempts' }, peers: [] })
    expect(why.attempts).toEqual(view.attempts)
  })

  test('a task that failed with attempts left shows that nobody was left', () => {
    expect(look([...granted, failed, committed(close)], now).view.ended).toMatchObject({ why: 'nobody' })
  })

  test('an expired task shows which deadline ran out', () => {
    const posted = committed(taskEvent())
    expect(ends('expired', now + 60_000, posted)).toMatchObject({ why: 'queue', ms: 60_000 })
    expect(ends('expired', now + 600_000, posted)).toMatchObject({ why: 'total', ms: 600_000 })
    expect(ends('expired', now + 600_000, ...granted)).toMatchObject({ why: 'total', ms: 600_000 })
  })

  test('an expired task still shows its last refusals', () => {
    const message: Message = {
      type: 'refuse',
      task: 'task',
      code: 'model_missing',
      policy_hash: null,
      retry_after_ms: null,
    }
    const refused: MeshInput = { type: 'message_received', from: 'b', message, at: now }
    const end = closeEvent('task', 3)
    const expired = committed({ ...end, at: now + 60_000, entry: { ...end.entry, outcome: 'expired' } })
    const { why } = look([committed(taskEvent()), refused, expired], now + 90_000, [peer('a'), peer('b')])
    expect(why.peers).toMatchObject([
      { agent: 'b', rank: null, answered: { code: 'model_missing', at: now } },
    ])
  })

  test('a cancelled task shows why it was cancelled', () => {
    expect(ends('cancelled', now, ...granted)).toMatchObject({ why: 'cancelled' })
    const first = taskEvent({ id: 'a key of other bytes' }, 'first')
    const later = committed(taskEvent({ depends_on: ['first'] }))
    const end = { outcome: 'failed', at: now } as const
    const lost: MeshInput = { type: 'recalled', task: 'task', named: 'first', end }
    expect(ends('cancelled', now, committed(first), later, lost)).toMatchObject({
      why: 'dependency',
      task: 'first',
    })
    expect(ends('cancelled', now, committed(first), later)).toMatchObject({ why: 'cancelled' })
    expect(ends('cancelled', now, later)).toBeNull()
  })
})
