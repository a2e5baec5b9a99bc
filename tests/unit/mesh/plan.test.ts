import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { apply } from '../../../host/mesh/apply.ts'
import { plan } from '../../../host/mesh/plan.ts'
import { reply } from '../../../host/mesh/reply.ts'
import type { ScheduledEffect } from '../../../host/mesh/state/effects.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import type { MeshState } from '../../../host/mesh/state/state.ts'
import { whyTask } from '../../../host/mesh/view/why.ts'
import { places } from '../../../host/mesh/worker/admit.ts'
import type { Message } from '../../../host/types/message.ts'
import {
  anew,
  closeEvent,
  committed,
  grantEvent,
  now,
  peer,
  resultEvent,
  self,
  stateAfter,
  taskEvent,
} from './fixtures.ts'

const peers = [peer(self), peer('a'), peer('b')]
const about = (state: MeshState, at = now): ScheduledEffect[] =>
  plan(state, at).actions.filter((action) => action.owner === 'task')
const posted = [committed(taskEvent())]

describe('poster', () => {
  test('a poster asks the best peer first, and the next after a refusal', () => {
    const first = about(stateAfter(posted, peers))
    expect(first.map((action) => action.type)).toEqual(['offer'])
    const to = first[0]?.type === 'offer' ? first[0].to : ''
    const message = {
      type: 'refuse',
      task: 'task',
      code: 'busy',
      policy_hash: null,
      retry_after_ms: null,
    } as const
    const refused = stateAfter(
      [
        ...posted,
        { type: 'offered', task: 'task', to, at: now },
        { type: 'message_received', from: to, message, at: now },
      ],
      peers,
    )
    const second = about(refused)
    expect(second[0]).toMatchObject({ type: 'offer', to: to === 'a' ? 'b' : 'a' })
  })

  test('a peer that gave the task back is skipped for a while if others are busy', () => {
    const refuse = (retry_after_ms: number | null, code: 'busy' | 'memory_short' = 'busy') =>
      ({
        type: 'message_received',
        from: 'b',
        message: { type: 'refuse', task: 'task', code, policy_hash: null, retry_after_ms },
        at: now,
      }) as const
    const release = { type: 'released', task: 'task', attempt: 1, reason: 'memory_short' } as const
    const lost: MeshInput[] = [
      ...posted,
      committed(grantEvent(1, 'a')),
      { type: 'message_received', from: 'a', message: release, at: now },
      { type: 'offered', task: 'task', to: 'b', at: now },
    ]
    const later = now + 10_000
    const asked = (...more: MeshInput[]) =>
      about(stateAfter([...lost, ...more], peers), later).flatMap((one) =>
        one.type === 'offer' ? [one.to] : [one.type],
      )
    expect(asked(refuse(60_000))).not.toContain('a')
    // Time alone changes nothing in what keeps that one from it, or it has not answered at all.
    expect(asked(refuse(null, 'memory_short'))).toEqual(['a'])
    expect(asked()).toEqual(['a'])
    const over = now + limits.failed_worker_ms
    const resting = stateAfter([...lost, refuse(120_000)], peers)
    const task = resting.open.get('task')
    const why = task && whyTask(resting, task, later)
    expect(why?.peers.find(({ agent }) => agent === 'a')?.busy_until).toBe(over)
    expect(why?.now).toMatchObject({ on: 'busy' })
    expect(about(resting, over - 1).some((one) => one.type === 'offer')).toBe(false)
    expect(about(resting, over)).not.toEqual([])
  })

  describe('a poster that lost a worker to the clock', () => {
    const at = now + 10_000
    const [lease, silence] = [committed(grantEvent(1, 'a')), limits.silence_ms]
    const says = (from: string, message: Message, when: number): MeshInput => ({
      type: 'message_received',
      from,
      message,
      at: when,
    })
    const looked: MeshInput[] = [
      { type: 'begun', owner: 'task', verb: 'look', tries: 1, at },
      { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok: true },
    ]
    const expired: MeshInput[] = [...posted, lease, ...looked]
    const started = says('a', { type: 'started', task: 'task', attempt: 1 }, at - silence)
    const silent: MeshInput[] = [...posted, lease, started, ...looked]
    const offered = (to: string): MeshInput => ({ type: 'offered', task: 'task', to, at })
    const claim = says('a', { type: 'claim', task: 'task' }, at)
    const busy = says(
      'b',
      { type: 'refuse', task: 'task', code: 'busy', policy_hash: null, retry_after_ms: 60_000 },
      at,
    )
    const does = (list: readonly MeshInput[], when: number, known = peers) =>
      about(stateAfter(list, known), when).map((one) => (one.type === 'offer' ? `offer ${one.to}` : one.type))

    test.each([
      ['expired', expired, at],
      ['silent', silent, at - silence],
    ])('a worker lost as %s is skipped while busy peers remain, and another is asked', (_, lost, from) => {
      expect(does(lost, at)).toEqual(['offer b'])
      expect(does([...lost, claim], at)).toEqual(['offer b'])
      const waits = [...lost, offered('b'), busy]
      const over = from + limits.failed_worker_ms
      for (const when of [at, at + 6_000, over - 1]) {
        expect(does(waits, when)).not.toContain('offer a')
        expect(does([...waits, says('a', { type: 'claim', task: 'task' }, when)], when)).not.toContain(
          'commit',
        )
      }
      const state = stateAfter(waits, peers)
      const task = state.open.get('task')
      const why = task && whyTask(state, task, at)
      expect(why?.peers.find(({ agent }) => agent === 'a')?.busy_until).toBe(over)
      expect(why?.now).toMatchObject({ on: 'busy' })
      expect(does([...waits, says('a', { type: 'claim', task: 'task' }, over)], over)).toEqual(['commit'])
    })

    test('a poster asks the first peer again if the other is silent or unable', () => {
      expect(does([...expired, offered('b'), claim], at)).toEqual([])
      const unanswered = at + limits.offer_wait_ms
      expect(does([...expired, offered('b'), claim], unanswered)).toEqual(['commit'])
      expect(does([...expired, offered('b')], unanswered)).toEqual(['offer a'])
      const never = says(
        'b',
        { type: 'refuse', task: 'task', code: 'memory_short', policy_hash: null, retry_after_ms: null },
        at,
      )
      expect(does([...expired, offered('b'), never], at)).toEqual(['offer a'])
    })

    test('a poster asks the only peer again at once', () => {
      const two = [peer(self), peer('a')]
      expect(does(expired, at, two)).toEqual(['offer a'])
      expect(does([...expired, claim], at, two)).toEqual(['commit'])
    })
  })

  test('a poster grants to a peer that claims, once', () => {
    const claim = {
      type: 'message_received',
      from: 'a',
      message: { type: 'claim', task: 'task' },
      at: now,
    } as const
    const state = stateAfter([...posted, claim], peers)
    const [action, ...more] = about(state)
    expect(more).toEqual([])
    expect(action).toMatchObject({
      type: 'commit',
      entry: { type: 'Grant', worker: 'a', attempt: 1, prev: 'task', reason: 'none' },
    })
    if (!action) return
    const { owner, verb, tries } = action
    expect(
      about(stateAfter([...posted, claim, { type: 'begun', owner, verb, tries, at: now }], peers)),
    ).toEqual([])
  })

  test('a late claim is answered with `taken` while the grant stands', () => {
    const claim = { type: 'claim', task: 'task' } as const
    const granted = stateAfter([...posted, committed(grantEvent(1, 'a'))], peers)
    const taken = { type: 'send', to: 'b', message: { type: 'taken', task: 'task' } }
    expect(reply(granted, 'b', claim, now)).toEqual(taken)
    expect(reply(granted, 'a', claim, now)).toMatchObject({ message: { type: 'granted', grant: 'grant 1' } })
    expect(reply(granted, 'b', claim, now + 10_000)).toBeNull()
  })

  test('a peer that was told `taken` is asked again, because it keeps no place', () => {
    const late = now + 10_000
    const claims = (at: number): MeshInput => ({
      type: 'message_received',
      from: 'b',
      message: { type: 'claim', task: 'task' },
      at,
    })
    const looked = (at: number, tries: number): MeshInput[] => [
      { type: 'begun', owner: 'task', verb: 'look', tries, at },
      { type: 'ended', owner: 'task', verb: 'look', tries, ok: true },
    ]
    const granted = [...posted, committed(grantEvent(1, 'a'))]
    const lost = [...granted, claims(late - 1_000), ...looked(late, 1)]
    expect(about(stateAfter(lost, peers), late)).toMatchObject([{ type: 'offer', to: 'b' }])
    // The first worker was heard of again after the claim, which came twice, and then gave the task back.
    const says = (message: Message, at: number): MeshInput => ({
      type: 'message_received',
      from: 'a',
      message,
      at,
    })
    const twice = [
      ...[...granted, ...looked(late, 1), claims(late)],
      says(
        { type: 'progress', task: 'task', attempt: 1, tokens_in: 0, tokens_out: 0, ran: false },
        late + 10,
      ),
      claims(late + 20),
      says({ type: 'released', task: 'task', attempt: 1, reason: 'draining' }, late + 30),
    ]
    expect(about(stateAfter(twice, peers), late + 40)).toMatchObject([{ type: 'offer', to: 'b' }])
  })

  test('a claim that comes while another grant is written is answered with `taken`', () => {
    const claim = { type: 'claim', task: 'task' } as const
    const heard = (from: string): MeshInput => ({ type: 'message_received', from, message: claim, at: now })
    const writing: MeshInput = { type: 'begun', owner: 'task', verb: 'commit', tries: 1, at: now }
    const state = stateAfter([...posted, heard('a'), writing, heard('b')], peers)
    expect([...(state.open.get('task')?.claims.keys() ?? [])]).toEqual(['a'])
    expect(reply(state, 'b', claim, now)).toMatchObject({ to: 'b', message: { type: 'taken' } })
    expect(reply(state, 'a', claim, now)).toBeNull()
  })

  test('a poster gives its own machine a task only if no other can run it', () => {
    expect(about(stateAfter(posted, [peer(self)]))).toEqual([])
    const later = about(stateAfter(posted, [peer(self)]), now + 5_000)
    expect(later).toMatchObject([{ type: 'offer', to: self }])
  })

  test('a poster looks for a lost result before it supersedes an expired lease', () => {
    const granted = [...posted, committed(grantEvent(1, 'a'))]
    const late = now + 10_000
    expect(about(stateAfter(granted, peers), late)).toMatchObject([{ type: 'look' }])
    const looked = [
      ...granted,
      { type: 'begun', owner: 'task', verb: 'look', tries: 1, at: late } as const,
      { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok: true } as const,
      { type: 'message_received', from: 'b', message: { type: 'claim', task: 'task' }, at: late } as const,
    ]
    const [action] = about(stateAfter(looked, peers), late)
    expect(action).toMatchObject({
      type: 'commit',
      entry: { attempt: 2, worker: 'b', prev: 'grant 1', reason: 'expired' },
    })
  })

  test('a failed look neither supersedes a lease nor ends a task', () => {
    const late = now + 10_001
    const looked = (at: number, ok: boolean): MeshInput[] => [
      { type: 'begun', owner: 'task', verb: 'look', tries: 1, at },
      { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok },
    ]
    const granted = [committed(taskEvent({ max_attempts: 1 })), committed(grantEvent(1, 'a'))]
    const failed = stateAfter([...granted, ...looked(late, false)], peers)
    expect(about(failed, late)).toEqual([])
    expect(about(failed, late + 50)).toMatchObject([{ type: 'look', tries: 2 }])
    expect(about(stateAfter([...granted, ...looked(late, true)], peers), late)).toMatchObject([
      { type: 'commit', entry: { outcome: 'failed' } },
    ])
    const end = now + 600_000
    const unseen = stateAfter([...granted, ...looked(end, false)], peers)
    expect(about(unseen, end + 50)).toMatchObject([{ type: 'look' }])
    expect(about(stateAfter([...granted, ...looked(end, true)], peers), end)).toMatchObject([
      { type: 'commit', entry: { outcome: 'expired' } },
    ])
  })

  const renewal = {
    type: 'progress',
    task: 'task',
    attempt: 1,
    tokens_in: 0,
    tokens_out: 3,
    ran: false,
  } as const

  test('a renewal keeps the lease, whatever other clocks say', () => {
    const renewed = stateAfter(
      [
        ...posted,
        committed(grantEvent(1, 'a')),
        { type: 'message_received', from: 'a', message: renewal, at: now + 9_000 },
      ],
      peers,
    )
    expect(renewed.open.get('task')?.lease?.until).toBe(now + 19_000)
    expect(about(renewed, now + 15_000).some((action) => action.type === 'commit')).toBe(false)
  })

  test("a stranger's renewal does not keep the lease", () => {
    const state = stateAfter(
      [
        ...posted,
        committed(grantEvent(1, 'a')),
        { type: 'message_received', from: 'b', message: renewal, at: now + 9_000 },
      ],
      peers,
    )
    expect(state.open.get('task')?.lease?.until).toBe(now + 10_000)
  })

  test('a poster closes a task as failed after its last attempt and names the result', () => {
    const found = {
      type: 'results_found',
      task: 'task',
      events: [resultEvent(1, 'a', 'failed')],
      at: now,
    } as const
    const state = stateAfter(
      [committed(taskEvent({ max_attempts: 1 })), committed(grantEvent(1, 'a')), found],
      peers,
    )
    expect(about(state)).toMatchObject([
      {
        type: 'commit',
        entry: { type: 'Close', outcome: 'failed', prev: 'grant 1', result: null, superseded: ['result 1'] },
      },
    ])
  })

  test('a poster accepts only a checked result', () => {
    const opened = {
      type: 'result',
      task: 'task',
      attempt: 1,
      result: 'result 1',
      salt: new Uint8Array(32),
      key: null,
      claim: null,
    } as const
    const seen = [
      ...posted,
      committed(grantEvent(1, 'a')),
      { type: 'message_received', from: 'a', message: opened, at: now } as const,
      { type: 'results_found', task: 'task', events: [resultEvent(1, 'a')], at: now } as const,
    ]
    expect(about(stateAfter(seen, peers))).toMatchObject([{ type: 'check', authority: 'grant 1' }])
    const verdict = { ok: true, why: 'ok', checks: ['digest' as const] }
    const checked = stateAfter(
      [...seen, { type: 'checked', task: 'task', authority: 'grant 1', verdict }],
      peers,
    )
    expect(about(checked)).toMatchObject([
      { type: 'commit', entry: { outcome: 'accepted', result: 'result 1', checks: ['digest'] } },
    ])
  })

  test('a result is checked while the output of an earlier attempt is still fetched', () => {
    const opened = (attempt: number) => ({
      type: 'message_received' as const,
      from: attempt === 1 ? 'a' : 'b',
      message: {
        type: 'result' as const,
        task: 'task',
        attempt,
        result: `result ${attempt}`,
        salt: new Uint8Array(16),
        key: null,
        claim: null,
      },
      at: now,
    })
    const first = [
      ...posted,
      committed(grantEvent(1, 'a')),
      opened(1),
      { type: 'results_found', task: 'task', events: [resultEvent(1, 'a')], at: now } as const,
    ]
    const [check] = about(stateAfter(first, peers))
    expect(check).toMatchObject({ type: 'check', authority: 'grant 1' })
    if (!check) return
    const { owner, verb, tries } = check
    const second = [
      ...first,
      { type: 'begun', owner, verb, tries, at: now } as const,
      committed(grantEvent(2, 'b')),
      opened(2),
      { type: 'results_found', task: 'task', events: [resultEvent(2, 'b')], at: now } as const,
    ]
    expect(about(stateAfter(second, peers))).toMatchObject([{ type: 'check', authority: 'grant 2' }])
  })

  test('a worker whose result was rejected is excluded', () => {
    const verdict = { ok: false, why: 'another digest', checks: [] }
    const state = stateAfter(
      [
        ...posted,
        committed(grantEvent(1, 'a')),
        { type: 'results_found', task: 'task', events: [resultEvent(1, 'a')], at: now },
        { type: 'checked', task: 'task', authority: 'grant 1', verdict },
      ],
      peers,
    )
    expect(about(state)).toMatchObject([{ type: 'offer', to: 'b' }])
  })

  test("a rejected worker stays excluded after a restart, by the next grant's reason", () => {
    const rejected = grantEvent(2, 'b')
    const second = committed({ ...rejected, entry: { ...rejected.entry, reason: 'rejected' } })
    const gaveBack: MeshInput = {
      type: 'message_received',
      from: 'b',
      message: { type: 'released', task: 'task', attempt: 2, reason: 'draining' },
      at: now,
    }
    const claim: MeshInput = {
      type: 'message_received',
      from: 'a',
      message: { type: 'claim', task: 'task' },
      at: now + 1,
    }
    const state = stateAfter([...posted, committed(grantEvent(1, 'a')), second, gaveBack, claim], peers)
    expect(about(state, now + 10_000)).toMatchObject([{ type: 'offer', to: 'b' }])
    const task = state.open.get('task')
    const why = task && whyTask(state, task, now)
    expect(why?.peers.find(({ agent }) => agent === 'a')?.refusals).toEqual(['excluded'])
  })

  test('a claim holds its place while the worker of a rejected result renews its lease', () => {
    const verdict = { ok: false, why: 'another digest', checks: [] }
    const progress = {
      type: 'progress',
      task: 'task',
      attempt: 1,
      tokens_in: 0,
      tokens_out: 0,
      ran: false,
    } as const
    const state = stateAfter(
      [
        ...posted,
        committed(grantEvent(1, 'a')),
        { type: 'results_found', task: 'task', events: [resultEvent(1, 'a')], at: now },
        { type: 'checked', task: 'task', authority: 'grant 1', verdict },
        { type: 'message_received', from: 'a', message: progress, at: now },
      ],
      peers,
    )
    expect(reply(state, 'b', { type: 'claim', task: 'task' }, now)).toBeNull()
    const asked = reply(state, 'b', { type: 'open_tasks', cursor: 0 }, now)
    expect(asked).toMatchObject({ message: { type: 'open_tasks_are', tasks: ['task'] } })
  })

  test('a poster records a closed task, and does nothing else for it', () => {
    const state = stateAfter([...posted, committed(closeEvent('task', 2))], peers)
    expect(about(state, now + 10_000_000)).toMatchObject([{ type: 'record', task: 'task' }])
    const recorded = apply(state, { type: 'recorded', task: 'task' })
    expect(about(recorded, now + 10_000_000)).toEqual([])
  })

  test('the lower position counts of two events after the same one', () => {
    const rival = { ...grantEvent(1, 'b', { seq: 9 }), hash: 'rival' }
    for (const order of [
      [rival, grantEvent(1, 'a')],
      [grantEvent(1, 'a'), rival],
    ]) {
      const task = stateAfter([...posted, ...order.map((event) => committed(event))], peers).open.get('task')
      expect(task?.grants.map((grant) => grant.hash)).toEqual(['grant 1'])
      expect(task?.forks.map((event) => event.hash)).toEqual(['rival'])
    }
  })
})

describe('worker', () => {
  const word = { type: 'granted', task: 'theirs', grant: 'g', attempt: 1 } as const
  const held: readonly MeshInput[] = [{ type: 'message_received', from: 'a', message: word, at: now }]
  const verbsOf = (state: MeshState) => plan(state, now).actions.map(({ owner, type }) => [owner, type])

  test('a draining worker gives back what it has not begun, and refuses offers', () => {
    const offer = { type: 'offer', task: 'other', rank: 0, lease_ms: 10_000 } as const
    const offered: MeshInput = { type: 'message_received', from: 'a', message: offer, at: now }
    const fetched: MeshInput = { type: 'task_fetched', event: { ...taskEvent({}, 'other'), author: 'a' } }
    const state = stateAfter([...held, offered, fetched, { type: 'draining', on: true }], peers)
    expect(verbsOf(state)).toEqual([
      ['g', 'release'],
      ['asked/other/a', 'answer'],
    ])
    expect(plan(state, now).actions[1]).toMatchObject({ message: { type: 'refuse', code: 'draining' } })
    const again = stateAfter(
      [...held, { type: 'draining', on: true }, { type: 'draining', on: false }],
      peers,
    )
    expect(verbsOf(again)).toContainEqual(['g', 'fetch_grant'])
  })

  test("a stranger's word takes no place and is soon forgotten", () => {
    const lies = Array.from({ length: 40 }, (_, i): MeshInput => {
      const message = { ...word, task: `task ${i}`, grant: `lie ${i}` }
      return { type: 'message_received', from: 'b', message, at: now }
    })
    const fetched: MeshInput = { type: 'task_fetched', event: { ...taskEvent({}, 'task 0'), author: 'a' } }
    const lied = stateAfter([...lies, fetched], peers)
    expect(lied.held.size).toBeLessThan(20)
    expect(lied.held.get('lie 0')?.ended?.why).toBe('not_ours')
    expect(places(lied, now, null).length).toBe(0)
    const offer = { type: 'offer', task: 'task 1', rank: 0, lease_ms: 10_000 } as const
    const claimed = [
      { type: 'message_received', from: 'a', message: offer, at: now },
      { type: 'task_fetched', event: { ...taskEvent({}, 'task 1'), author: 'a' } },
      { type: 'answered', task: 'task 1', poster: 'a', until: now + 5_000, refused: null, at: now },
      { type: 'message_received', from: 'a', message: { ...word, task: 'task 1' }, at: now },
    ] as const
    const granted = [...lies, ...claimed].reduce<MeshState>((state, one) => apply(state, one), lied)
    // The Task is kept with the claim, and is not fetched again.
    expect(granted.held.get('g')).toMatchObject({ poster: 'a', claimed: true, taskEvent: { hash: 'task 1' } })
    expect(places(granted, now, null).length).toBe(1)
    const late = plan(granted, now + granted.config.peer_away_ms).actions
    expect(late.filter(({ type }) => type === 'settle').length).toBeGreaterThan(10)
    expect(late.some(({ owner, type }) => owner === 'g' && type === 'settle')).toBe(false)
  })

  test("a stranger's word does not hide the poster's own grant", () => {
    const hears = (from: string, message: Message): MeshInput => ({
      type: 'message_received',
      from,
      message,
      at: now,
    })
    const fetched: MeshInput = { type: 'task_fetched', event: { ...taskEvent({}, 'theirs'), author: 'a' } }
    const lied = stateAfter([hears('b', { ...word, grant: 'lie', attempt: 999 }), fetched], peers)
    const settle = plan(lied, now).actions.find(({ type }) => type === 'settle')
    expect(settle).toMatchObject({ grant: 'lie', why: 'not_ours' })
    const honest: MeshInput[] = [
      { type: 'settled', grant: 'lie', why: 'not_ours' },
      hears('a', { type: 'offer', task: 'theirs', rank: 0, lease_ms: 10_000 }),
      fetched,
      { type: 'answered', task: 'theirs', poster: 'a', until: now + 5_000, refused: null, at: now },
      hears('a', word),
    ]
    expect([...honest.reduce(apply, lied).held.keys()]).toEqual(['g'])
  })

  test('a worker forgets the offers that it answered', () => {
    const offers = Array.from({ length: 100 }, (_, i): MeshInput[] => {
      const message = { type: 'offer', task: `task ${i}`, rank: 0, lease_ms: 10_000 } as const
      return [
        { type: 'message_received', from: 'a', message, at: now },
        { type: 'begun', owner: `asked/task ${i}/a`, verb: 'answer', tries: 1, at: now },
        { type: 'answered', task: `task ${i}`, poster: 'a', until: now + 5_000, refused: null, at: now },
        { type: 'ended', owner: `asked/task ${i}/a`, verb: 'answer', tries: 1, ok: true },
      ]
    }).flat()
    const later: MeshInput = { type: 'peers_seen', peers, at: now + 10_000_000 }
    const state = stateAfter([...offers, later], peers)
    expect([state.claimed.size, state.pace.size]).toEqual([0, 0])
  })

  test.each([
    [limits.background_ages_ms - 1, 'urgent'],
    [limits.background_ages_ms + 1, 'patient'],
  ])('a background task waits for urgent ones up to a bound: %i ms', (later, first) => {
    const ready = (task: string, priority: 'interactive' | 'background', since: number): MeshInput[] => {
      const grant = { ...word, task, grant: task }
      return [
        { type: 'message_received', from: 'a', message: grant, at: since },
        { type: 'task_fetched', event: { ...taskEvent({ priority }, task), author: 'a' } },
        { type: 'held_journalled', grant: task },
        { type: 'payload_arrived', grant: task, payload: new Uint8Array(), ...anew },
      ]
    }
    const state = stateAfter(
      [...ready('patient', 'background', now), ...ready('urgent', 'interactive', now + later)],
      peers,
    )
    const runs = plan(state, now + later).actions.filter(({ type }) => type === 'run')
    expect(runs.map(({ owner }) => owner)).toEqual([first])
  })

  test('a worker waits for a result that is being written before it settles', () => {
    const closed = { type: 'closed', task: 'theirs', close: 'close' } as const
    const writing: readonly MeshInput[] = [
      ...held,
      { type: 'begun', owner: 'g', verb: 'attest', tries: 1, at: now },
      { type: 'message_received', from: 'a', message: closed, at: now },
    ]
    expect(verbsOf(stateAfter(writing, peers))).not.toContainEqual(['g', 'settle'])
    const written: MeshInput = { type: 'ended', owner: 'g', verb: 'attest', tries: 1, ok: true }
    expect(verbsOf(stateAfter([...writing, written], peers))).toContainEqual(['g', 'settle'])
  })

  test('a draining worker runs the last attempt of a task', () => {
    const offered: MeshInput = {
      type: 'message_received',
      from: 'a',
      message: { type: 'offer', task: 'theirs', rank: 0, lease_ms: 10_000 },
      at: now,
    }
    const answered: MeshInput = {
      type: 'answered',
      task: 'theirs',
      poster: 'a',
      until: now + 5_000,
      refused: null,
      at: now,
    }
    const verbs = (max_attempts: number) => {
      const fetched: MeshInput = {
        type: 'task_fetched',
        event: { ...taskEvent({ max_attempts }, 'theirs'), author: 'a' },
      }
      const ready: readonly MeshInput[] = [
        { type: 'held_journalled', grant: 'g' },
        { type: 'payload_arrived', grant: 'g', payload: new Uint8Array([1]), ...anew },
      ]
      return verbsOf(
        stateAfter([offered, fetched, answered, ...held, ...ready, { type: 'draining', on: true }], peers),
      )
    }
    expect(verbs(2)).toContainEqual(['g', 'release'])
    expect(verbs(1)).not.toContainEqual(['g', 'release'])
    expect(verbs(1)).toContainEqual(['g', 'run'])
  })

  test('a draining worker finishes what runs', () => {
    const running: MeshInput = { type: 'begun', owner: 'g', verb: 'run', tries: 1, at: now }
    const state = stateAfter([...held, running, { type: 'draining', on: true }], peers)
    expect(verbsOf(state)).not.toContainEqual(['g', 'release'])
  })
})
