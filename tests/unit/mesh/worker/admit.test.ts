import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { apply } from '../../../../host/mesh/apply.ts'
import { plan } from '../../../../host/mesh/plan.ts'
import { reply } from '../../../../host/mesh/reply.ts'
import { peerOwner } from '../../../../host/mesh/state/effect-owners.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import { admit, isFull, places } from '../../../../host/mesh/worker/admit.ts'
import type { ActionHash, AgentKey, EventOf } from '../../../../host/types/events.ts'
import { type Message, openTasksMax } from '../../../../host/types/message.ts'
import type { Priority } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { anew, grantEvent, now, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const idle = () => stateAfter([], [peer(self), peer('flooder'), peer('honest'), peer('third')])
const happen = (state: MeshState, ...list: MeshInput[]) =>
  list.reduce<MeshState>((before, one) => apply(before, one), state)
const theirs = (author: AgentKey, hash: ActionHash, priority: Priority = 'interactive'): EventOf<'Task'> => ({
  ...taskEvent({ priority }, hash),
  author,
})
const offered = (from: AgentKey, task: ActionHash, at: number): MeshInput => ({
  type: 'message_received',
  from,
  message: { type: 'offer', task, rank: 0, lease_ms: 10_000 },
  at,
})

/** Answers everything that is asked and can be answered now, as the work loop does. */
function answered(state: MeshState, at: number): MeshState {
  for (let now = state; ; ) {
    const answers = plan(now, at).actions.filter((action) => action.type === 'answer')
    if (answers.length === 0) return now
    now = happen(
      now,
      ...answers.map(({ task, to, until, message }): MeshInput => {
        const refused = message.type === 'refuse' ? message.code : null
        return { type: 'answered', task, poster: to, until, refused, at }
      }),
    )
  }
}

/** A poster offers a task and it is answered; whether it was claimed. */
function ask(
  state: MeshState,
  from: AgentKey,
  task: ActionHash,
  at: number,
  priority: Priority = 'interactive',
): { readonly state: MeshState; readonly claimed: boolean; readonly refusal: Message | null } {
  const heard = happen(state, offered(from, task, at))
  const said = reply(heard, from, { type: 'offer', task, rank: 0, lease_ms: 10_000 }, at)
  const after = answered(happen(heard, { type: 'task_fetched', event: theirs(from, task, priority) }), at)
  const refusal = said?.type === 'send' ? said.message : null
  return { state: after, claimed: after.claimed.get(task)?.poster === from, refusal }
}

/** The claimed task is granted, and its run begins. */
function granted(state: MeshState, from: AgentKey, task: ActionHash, at: number): MeshState {
  const message = { type: 'granted', task, grant: `grant of ${task}`, attempt: 1 } as const
  return happen(state, { type: 'message_received', from, message, at })
}

describe('admission', () => {
  test('a lone poster may hold all places, and its next claim gets a retry time', () => {
    let state = idle()
    for (let i = 0; i < limits.held_grants_max; i++) state = ask(state, 'flooder', `task ${i}`, now).state
    expect(places(state, now, null)).toEqual(Array(limits.held_grants_max).fill('flooder'))
    const { claimed, refusal } = ask(state, 'flooder', 'one more', now)
    expect([claimed, refusal]).toEqual([
      false,
      expect.objectContaining({ type: 'refuse', code: 'busy', retry_after_ms: limits.busy_retry_ms }),
    ])
  })

  test('the last place stays free of background tasks', () => {
    let state = idle()
    const got: boolean[] = []
    for (let i = 0; i < limits.held_grants_max; i++) {
      const asked = ask(state, 'flooder', `task ${i}`, now, 'background')
      got.push(asked.claimed)
      state = asked.state
    }
    expect(got).toEqual([true, true, true, false])
    expect(ask(state, 'flooder', 'urgent', now).claimed).toBe(true)
  })

  test('a claim on a task that is taken or closed holds no place', () => {
    const state = ask(ask(idle(), 'honest', 'one', now).state, 'honest', 'two', now).state
    const hear = (from: AgentKey, message: Message): MeshInput => ({
      type: 'message_received',
      from,
      message,
      at: now,
    })
    const lied = happen(state, hear('flooder', { type: 'taken', task: 'one' }))
    expect(places(lied, now, null)).toHaveLength(2)
    const one = happen(lied, hear('honest', { type: 'taken', task: 'one' }))
    expect([...one.claimed.keys()]).toEqual(['two'])
    const none = happen(one, hear('honest', { type: 'closed', task: 'two', close: 'close' }))
    expect(places(none, now, null)).toEqual([])
  })

  test('a machine with one place takes background tasks too', () => {
    const one = { ...idle(), config: { ...idle().config, held_grants_max: 1 } }
    expect(ask(one, 'honest', 'task', now, 'background').claimed).toBe(true)
  })

  test('a task granted without an offer is given back if no place is free', () => {
    let state = idle()
    for (let i = 0; i < limits.held_grants_max; i++) state = ask(state, 'honest', `task ${i}`, now).state
    const forced = granted(state, 'flooder', 'task', now)
    const event = { ...grantEvent(1, self), hash: 'grant of task', author: 'flooder' }
    const seen = happen(forced, { type: 'grant_fetched', event })
    expect(plan(seen, now).actions).toContainEqual(
      expect.objectContaining({ type: 'release', grant: 'grant of task', reason: 'busy' }),
    )
  })

  describe('a paused machine', () => {
    const paused = () => happen(idle(), { type: 'paused', on: true })

    test("a paused machine refuses offers as 'owner_paused' and may be asked again later", () => {
      const asked = happen(paused(), offered('honest', 'task', now), {
        type: 'task_fetched',
        event: theirs('honest', 'task'),
      })
      const words = plan(asked, now).actions.flatMap((one) => (one.type === 'answer' ? [one.message] : []))
      expect(words).toEqual([
        {
          type: 'refuse',
          task: 'task',
          code: 'owner_paused',
          retry_after_ms: limits.rest_ms_max,
          policy_hash: null,
        },
      ])
      const again = happen(paused(), { type: 'paused', on: false })
      expect(ask(again, 'honest', 'task', now).claimed).toBe(true)
    })

    test('a paused machine runs its own tasks and those that it holds', () => {
      expect(admit(paused(), theirs(self, 'task'), now)).toBeNull()
      const taken = granted(ask(idle(), 'honest', 'task', now).state, 'honest', 'task', now)
      const kept = happen(taken, { type: 'paused', on: true })
      expect(places(kept, now, null)).toEqual(['honest'])
      expect(plan(kept, now).actions.map(({ type }) => type)).not.toContain('release')
    })

    test('a paused machine gives back uninvited grants and asks nobody for work', () => {
      const event = { ...grantEvent(1, self), hash: 'grant of task', author: 'flooder' }
      const forced = happen(granted(paused(), 'flooder', 'task', now), { type: 'grant_fetched', event })
      const { actions } = plan(forced, now)
      expect(actions).toContainEqual(
        expect.objectContaining({ type: 'release', grant: 'grant of task', reason: 'owner_paused' }),
      )
      const asks = (state: MeshState) =>
        plan(state, now).actions.filter((one) => one.type === 'send' && one.message.type === 'open_tasks')
      expect([asks(paused()), asks(idle()).length]).toEqual([[], 3])
    })
  })

  test('offers of one poster are looked at up to a bound that leaves others theirs', () => {
    let state = idle()
    for (let i = 0; i < 10_000; i++) state = happen(state, offered('flooder', `lie ${i}`, now))
    expect(state.asked.size).toBeLessThanOrEqual(limits.asked_per_poster_max)
    expect(ask(state, 'honest', 'true', now).claimed).toBe(true)
    const posters = Array.from({ length: 1_000 }, (_, i) => offered(`stranger ${i}`, `of stranger ${i}`, now))
    const crowded = happen(state, ...posters)
    expect(crowded.asked.size).toBeLessThanOrEqual(limits.asked_max)
    expect(crowded.posters.size).toBeLessThanOrEqual(limits.posters_noted_max)
  })

  test('a list of open tasks counts only if it was asked for, up to a bound', () => {
    const list = (tasks: ActionHash[]): MeshInput => ({
      type: 'message_received',
      from: 'flooder',
      message: { type: 'open_tasks_are', tasks, cursor: 1 },
      at: now,
    })
    const lies = (round: number) => Array.from({ length: openTasksMax }, (_, i) => `lie ${round} ${i}`)
    expect(happen(idle(), list(lies(0)))).toEqual(idle())
    let state = happen(idle(), { type: 'begun', owner: peerOwner('flooder'), verb: 'ask', tries: 1, at: now })
    const taken = new Set<ActionHash>()
    for (let round = 0; round < 50; round++) {
      state = happen(state, list(lies(round)))
      for (const { task } of state.asked.values()) taken.add(task)
      state = happen(
        state,
        ...[...state.asked.values()].map(
          ({ task, poster }): MeshInput => ({
            type: 'answered',
            task,
            poster,
            until: null,
            refused: 'task_unknown',
            at: now,
          }),
        ),
      )
    }
    expect(taken.size).toBe(limits.offers_burst)
    expect(state.asking.get('flooder')).toEqual({ cursor: 1, more: true, asks: 1 })
    expect(happen(state, offered('flooder', 'one more', now)).asked.size).toBe(0)
  })

  test("a stranger's message about a task hides no offer of its poster", () => {
    const claimed = (...before: MeshInput[]) => {
      const heard = happen(idle(), ...before, { type: 'task_fetched', event: theirs('honest', 'task') })
      const answers = plan(heard, now).actions.filter(({ type }) => type === 'answer')
      return answers.map((one) => (one.type === 'answer' ? [one.to, one.message.type] : []))
    }
    const [truth, lie] = [offered('honest', 'task', now), offered('flooder', 'task', now)]
    const both = [
      ['flooder', 'refuse'],
      ['honest', 'claim'],
    ]
    for (const order of [
      [lie, truth],
      [truth, lie],
    ])
      expect(claimed(...order).sort()).toEqual(both)
  })

  test('a dropped offer leaves nothing in the state', () => {
    const effects = (state: MeshState) =>
      plan(state, now).actions.flatMap(({ owner, verb, tries }): MeshInput[] => [
        { type: 'begun', owner, verb, tries, at: now },
        { type: 'ended', owner, verb, tries, ok: true },
      ])
    const looked = (...offers: MeshInput[]) => {
      const state = happen(idle(), ...offers)
      return happen(state, ...effects(state))
    }
    const hear = (message: Message): MeshInput => ({
      type: 'message_received',
      from: 'honest',
      message,
      at: now,
    })
    const left = ({ pace }: MeshState) =>
      [...pace.keys()].filter((owner) => owner.startsWith('asked/')).length
    const one = looked(offered('honest', 'task', now))
    expect(left(one)).toBe(1)
    const closed = { type: 'closed', task: 'task', close: 'close' } as const
    const granted = { type: 'granted', task: 'task', grant: 'grant', attempt: 1 } as const
    expect([closed, granted].map((message) => left(happen(one, hear(message))))).toEqual([0, 0])
    const many = Array.from({ length: limits.asked_max }, (_, i) =>
      offered(`poster ${i % 16}`, `task ${i}`, now),
    )
    const crowded = happen(looked(...many), offered('honest', 'task', now))
    expect([crowded.asked.size, left(crowded)]).toEqual([limits.asked_max, limits.asked_max - 1])
  })

  test('a poster that never settles its finished runs is refused', () => {
    let state = idle()
    for (let i = 0; i < limits.held_per_poster_max; i++) {
      const task = `task ${i}`
      const at = now + i * 10_000
      state = granted(ask(state, 'flooder', task, at).state, 'flooder', task, at)
      const held = state.held.get(`grant of ${task}`)
      if (!held) throw new Error(`${task} is not held`)
      const run = { failed: null } as NonNullable<typeof held.run>
      state = { ...state, held: new Map(state.held).set(held.grant, { ...held, run }) }
    }
    const at = now + limits.held_per_poster_max * 10_000
    expect(places(state, at, null)).toEqual([])
    expect(ask(state, 'flooder', 'one more', at).claimed).toBe(false)
    expect(ask(state, 'honest', 'task', at).claimed).toBe(true)
  })
})

describe('grants without payload', () => {
  const { peer_away_ms } = idle().config
  const deadlines_ms = { queue: 86_400_000, run: 86_400_000, total: 86_400_000 }
  const tasks = Array.from({ length: limits.held_grants_max }, (_, i) => `task ${i}`)

  /** All places are given to one poster, which is heard of at that time and never sends a payload. */
  function crowded(seenAt: number): MeshState {
    let state = idle()
    for (const task of tasks) {
      const event = { ...taskEvent({ deadlines_ms }, task), author: 'flooder' }
      const claimed = ask(state, 'flooder', task, now).state
      state = happen(granted(claimed, 'flooder', task, now), { type: 'task_fetched', event })
      state = happen(state, { type: 'held_journalled', grant: `grant of ${task}` })
    }
    const peers = [...state.peers.values()].map((one) => ({ ...one, seenAt }))
    return happen(state, { type: 'peers_seen', peers, at: seenAt })
  }

  const endsAt = (state: MeshState, at: number) =>
    plan(state, at).actions.filter(({ type }) => type === 'release' || type === 'settle')

  test('grants without payload are given back to a poster that is there', () => {
    const at = now + 2 * peer_away_ms
    const state = crowded(at)
    expect(isFull(state, 'honest', 'other', at)).toBe(true)
    expect(endsAt(state, at - 1)).toEqual([])
    expect(endsAt(state, at).map(({ type }) => type)).toEqual(tasks.map(() => 'release'))
    const ends = tasks.map((task): MeshInput => {
      return { type: 'settled', grant: `grant of ${task}`, why: 'released' }
    })
    const free = happen(state, ...ends)
    expect(isFull(free, 'honest', 'other', at)).toBe(false)
    expect(granted(free, 'flooder', 'task 0', at).held.size).toBe(0)
  })

  test('grants without payload are let go while their poster is away, and return with it', () => {
    const state = crowded(now)
    const at = now + 2 * peer_away_ms
    expect(endsAt(state, at - 1)).toEqual([])
    expect(endsAt(state, at)).toMatchObject(tasks.map(() => ({ type: 'settle', why: 'stale' })))
    const ends = tasks.map(
      (task): MeshInput => ({ type: 'settled', grant: `grant of ${task}`, why: 'stale' }),
    )
    const free = happen(state, ...ends)
    expect(isFull(free, 'honest', 'other', at)).toBe(false)
    expect([...granted(free, 'flooder', 'task 0', at).held.keys()]).toEqual(['grant of task 0'])
  })

  test('a grant whose run had begun is not taken up again', () => {
    const [grant, at] = ['grant of task 0', now + peer_away_ms + 1]
    const payload = new Uint8Array(1)
    const free = happen(
      crowded(now),
      { type: 'payload_arrived', grant, payload, ...anew },
      { type: 'begun', owner: grant, verb: 'run', tries: 1, at: now },
      { type: 'settled', grant, why: 'stale' },
    )
    expect(granted(free, 'flooder', 'task 0', at).held.has(grant)).toBe(false)
  })
})

describe('a claim', () => {
  const wordOf = (attempt: number): MeshInput => ({
    type: 'message_received',
    from: 'flooder',
    message: { type: 'granted', task: 'task', grant: `grant ${attempt}`, attempt },
    at: now,
  })
  const grantTo = (worker: AgentKey, attempt: number): MeshInput => ({
    type: 'grant_fetched',
    event: { ...grantEvent(attempt, worker), author: 'flooder' },
  })

  test("a claim stays for this machine's own grant and takes one place until then", () => {
    const { state } = ask(idle(), 'flooder', 'task', now)
    const told = happen(state, wordOf(1))
    expect(places(told, now, null)).toEqual(['flooder'])
    const strange = happen(
      told,
      grantTo('honest', 1),
      { type: 'settled', grant: 'grant 1', why: 'not_ours' },
      wordOf(2),
    )
    expect(strange.held.get('grant 2')).toMatchObject({ claimed: true })
    const own = happen(strange, grantTo(self, 2))
    expect(own.claimed.size).toBe(0)
    expect(places(own, now, null)).toEqual(['flooder'])
  })

  test('a claim also holds for the next attempt if the first was not run', () => {
    const { state } = ask(idle(), 'flooder', 'task', now)
    const next = happen(state, wordOf(1), grantTo(self, 1), wordOf(2))
    expect(next.held.get('grant 2')).toMatchObject({ claimed: true })
    expect(places(next, now, null)).toEqual(['flooder'])
  })

  test('a grant that nobody claimed counts as unclaimed, and so does its next attempt', () => {
    const next = happen(idle(), wordOf(1), grantTo(self, 1), wordOf(2))
    expect(next.held.get('grant 2')).toMatchObject({ claimed: false })
  })

  test('a claim ends with its grant', () => {
    for (const why of ['released', 'closed', 'stale'] as const) {
      const { state } = ask(idle(), 'flooder', 'task', now)
      const over = happen(state, wordOf(1), { type: 'settled', grant: 'grant 1', why })
      expect([over.claimed.size, places(over, now, null)]).toEqual([0, []])
    }
  })
})

describe('fairness', () => {
  /** How long a run takes in this test, in milliseconds. */
  const step = 500

  test('another poster gets its place after at most one run, however much one poster floods', () => {
    const scene = fc.record({
      floods: fc.integer({ min: 100, max: 200 }),
      urgent: fc.constantFrom<Priority>('interactive', 'background'),
      arrives: fc.integer({ min: 0, max: 20 }),
      places: fc.integer({ min: 2, max: 8 }),
    })
    fc.assert(
      fc.property(scene, ({ floods, urgent, arrives, places: held_grants_max }) => {
        let state: MeshState = { ...idle(), config: { ...idle().config, held_grants_max } }
        let ended = 0
        for (let turn = 0; turn < arrives + 4; turn++) {
          const at = now + turn * step
          for (let i = 0; i < floods; i++) {
            const task = `flood ${turn} ${i}`
            const asked = ask(state, 'flooder', task, at, urgent)
            state = asked.claimed ? granted(asked.state, 'flooder', task, at) : asked.state
          }
          if (turn >= arrives) {
            const asked = ask(state, 'honest', 'honest task', at)
            if (asked.claimed) {
              expect(ended).toBeLessThanOrEqual(1)
              return
            }
            state = asked.state
            // One run ends; the flooder is the first to ask for its place.
            const [first] = state.held.values()
            if (first) state = happen(state, { type: 'settled', grant: first.grant, why: 'closed' })
            ended += 1
          }
        }
        expect.unreachable('the honest poster got no place')
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  test('background tasks get their places too, whatever another poster floods with', () => {
    const scene = fc.record({
      floods: fc.integer({ min: 9, max: 20 }),
      priority: fc.constantFrom<Priority>('interactive', 'background'),
      arrives: fc.integer({ min: 0, max: 5 }),
      places: fc.integer({ min: 3, max: 8 }),
    })
    fc.assert(
      fc.property(scene, ({ floods, priority, arrives, places: held_grants_max }) => {
        let state: MeshState = { ...idle(), config: { ...idle().config, held_grants_max } }
        const offer = (from: AgentKey, task: ActionHash, at: number, as: Priority): boolean => {
          const asked = ask(state, from, task, at, as)
          state = asked.claimed ? granted(asked.state, from, task, at) : asked.state
          return asked.claimed
        }
        let [served, ended] = [0, 0]
        for (let turn = 0; served < 4; turn++) {
          const at = now + turn * step
          for (let i = 0; i < floods; i++) offer('flooder', `flood ${turn} ${i}`, at, priority)
          const isServed = turn >= arrives && offer('honest', `honest ${served}`, at, 'background')
          if (isServed) served += 1
          ended = isServed || turn < arrives ? 0 : ended + 1
          expect(ended).toBeLessThanOrEqual(held_grants_max)
          // One run ends; the flooder is the first to ask for its place.
          const [first] = state.held.values()
          if (first) state = happen(state, { type: 'settled', grant: first.grant, why: 'closed' })
        }
      }),
      { numRuns: 20, endOnFailure: true },
    )
  })

  test('a reserved place stays for the poster that was refused, longer than its retry time', () => {
    let state = idle()
    for (let i = 0; i < 3; i++) {
      const asked = ask(state, 'flooder', `task ${i}`, now, 'background')
      state = granted(asked.state, 'flooder', `task ${i}`, now)
    }
    state = ask(state, 'honest', 'patient', now, 'background').state
    const again = limits.busy_retry_ms + 2 * limits.rest_spread_ms.max
    expect(ask(state, 'flooder', 'urgent', now + again).claimed).toBe(false)
    expect(ask(state, 'flooder', 'urgent', now + limits.turned_away_ms).claimed).toBe(true)
    expect(ask(state, 'honest', 'urgent', now).claimed).toBe(true)
  })

  test('places that nobody else waits for are not left empty', () => {
    let state = idle()
    state = ask(state, 'honest', 'task', now).state
    const got = [0, 1, 2].map((i) => {
      const asked = ask(state, 'flooder', `flood ${i}`, now)
      state = asked.state
      return asked.claimed
    })
    expect(got).toEqual([true, true, true])
  })

  test('the poster with the fewest places claims next, and urgent tasks go first', () => {
    const eight = { ...idle(), config: { ...idle().config, held_grants_max: 8 } }
    let state = ask(eight, 'flooder', 'first', now).state
    const list = [
      theirs('flooder', 'second'),
      theirs('honest', 'third'),
      theirs('third', 'fourth', 'background'),
    ]
    state = happen(state, ...list.map(({ author, hash }) => offered(author, hash, now)))
    state = happen(state, ...list.map((event): MeshInput => ({ type: 'task_fetched', event })))
    const order: ActionHash[] = []
    for (let i = 0; i < 2; i++) {
      const [answer, ...more] = plan(state, now).actions.filter((action) => action.type === 'answer')
      if (answer?.type !== 'answer') throw new Error('nothing is answered')
      expect(more).toEqual([])
      order.push(answer.task)
      state = happen(state, {
        type: 'answered',
        task: answer.task,
        poster: answer.to,
        until: answer.until,
        refused: null,
        at: now,
      })
    }
    expect(order).toEqual(['third', 'second'])
  })
})

test("a lacking resource is named before 'busy'", () => {
  const task = theirs('honest', 'task')
  const entry = { ...task.entry, requirements: { ...task.entry.requirements, gpu_count: 1 } }
  expect(admit(idle(), { ...task, entry }, now)).toEqual({ code: 'gpu_short', retry_after_ms: null })
})
