import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apply } from '../../../host/mesh/apply.ts'
import { meshCore } from '../../../host/mesh/core.ts'
import { plan, planOf } from '../../../host/mesh/plan.ts'
import type { ScheduledEffect } from '../../../host/mesh/state/effects.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import { emptyState, type MeshState } from '../../../host/mesh/state/state.ts'
import { Agenda } from '../../../host/planning/agenda.ts'
import type { MeshEvent } from '../../../host/types/events.ts'
import { openTasksMax } from '../../../host/types/message.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { defaultWorkConfig } from '../../../host/work/context/config.ts'
import { cardOf, modelDigest } from '../../harness/sim/card.ts'
import { anew, committed, now as epoch, peer, resultEvent, self, taskEvent } from './fixtures.ts'

/** A daemon without effects: what its plan begins goes on until a step of the history ends it. */
class Stage {
  now = epoch
  state: MeshState = emptyState(self, { ...defaultWorkConfig, peer_away_ms: 8_000 })
  readonly agenda = new Agenda(meshCore.touches())
  readonly running: ScheduledEffect[] = []

  happens(input: MeshInput): void {
    const before = this.state
    this.state = apply(before, input)
    this.agenda.changed(before, this.state)
  }

  /** Begins what the agenda finds, and holds it to the whole plan, until there is nothing more to begin. */
  turn(): void {
    for (let rounds = 0; ; rounds++) {
      expect(rounds).toBeLessThan(20)
      const found = this.agenda.take(this.state, this.now).flatMap((subject) => {
        const { actions, wake } = planOf(this.state, subject, this.now)
        this.agenda.wake(subject, wake)
        return actions
      })
      const whole = plan(this.state, this.now)
      expect(byName(found)).toEqual(byName(whole.actions))
      const next = this.agenda.next()
      if (whole.wake !== null) expect(next ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(whole.wake)
      if (found.length === 0) return
      for (const { owner, verb, tries } of found)
        this.happens({ type: 'begun', owner, verb, tries, at: this.now })
      this.running.push(...found)
    }
  }
}

function byName(actions: readonly ScheduledEffect[]): readonly ScheduledEffect[] {
  const name = ({ owner, verb }: ScheduledEffect) => `${owner} ${verb}`
  return [...actions].sort((a, b) => (name(a) < name(b) ? -1 : 1))
}

type Step = (stage: Stage) => void

const tasks = ['task 0', 'task 1', 'task 2', 'task 3']
const agents = ['a', 'b', 'c']
const grants = ['grant x', 'grant y']
const task = fc.constantFrom(...tasks)
const attempt = fc.integer({ min: 1, max: 3 })
const salt = new Uint8Array(32)

/** The last two tasks wait for the ones before. */
function ownTask(hash: string): MeshEvent {
  const depends_on = hash === 'task 2' ? ['task 0'] : hash === 'task 3' ? ['task 0', 'task 2'] : []
  const deadlines_ms = { queue: 250_000, run: 60_000, total: 300_000 }
  const event = taskEvent({ depends_on, deadlines_ms, id: `the key of ${hash}` }, hash)
  return { ...event, seq: 1 + tasks.indexOf(hash) }
}

const posts: fc.Arbitrary<Step> = task.map(
  (hash) => (stage) => stage.happens(committed(ownTask(hash), stage.now)),
)

/** Writes what the plan wants written, wherever in the list of what goes on it stands. */
const writes: fc.Arbitrary<Step> = fc.nat().map((index) => (stage) => {
  const wanted = stage.running.filter((action) => action.type === 'commit')
  const action = wanted[index % wanted.length]
  if (action?.type !== 'commit') return
  const { entry, owner } = action
  const hash = `${entry.type} ${owner} after ${'prev' in entry ? entry.prev : entry.attempt}`
  const event: MeshEvent = { hash, author: self, seq: 100 + stage.running.length, at: stage.now, entry }
  stage.happens(committed(event, stage.now))
})

const ends: fc.Arbitrary<Step> = fc.nat().map((index) => (stage) => {
  const [action] = stage.running.splice(index % Math.max(1, stage.running.length), 1)
  if (!action) return
  const { owner, verb, tries } = action
  if (action.type === 'offer') stage.happens({ type: 'offered', task: owner, to: action.to, at: stage.now })
  if (action.type === 'round') stage.happens({ type: 'round_begun', task: owner, at: stage.now })
  if (action.type === 'answer')
    stage.happens({
      type: 'answered',
      task: action.task,
      poster: action.to,
      until: action.until,
      refused: action.message.type === 'refuse' ? action.message.code : null,
      at: stage.now,
    })
  if (action.type === 'journal') stage.happens({ type: 'held_journalled', grant: owner })
  if (action.type === 'settle') stage.happens({ type: 'settled', grant: owner, why: action.why })
  if (action.type === 'release') stage.happens({ type: 'settled', grant: owner, why: 'released' })
  stage.happens({ type: 'ended', owner, verb, tries, ok: true })
})

const passes: fc.Arbitrary<Step> = fc
  .oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 30_000 }))
  .map((ms) => (stage) => {
    stage.now += ms
  })

/** Lets time pass until the agenda's next subject is due, to the millisecond. */
const waits: fc.Arbitrary<Step> = fc.constant((stage) => {
  stage.now = Math.max(stage.now, stage.agenda.next() ?? stage.now)
})

const drains: fc.Arbitrary<Step> = fc
  .boolean()
  .map((on) => (stage) => stage.happens({ type: 'draining', on }))

const cancels: fc.Arbitrary<Step> = task.map(
  (hash) => (stage) => stage.happens({ type: 'cancel_wanted', task: hash }),
)

const cards = new Map(
  [true, false].map((able) => [able, cardOf('any', { name: 'any', models: able ? [modelDigest] : [] })]),
)

/** Some peers are seen, with cards and beats that may have changed, some are not, and some have never been. */
const peers: fc.Arbitrary<Step> = fc
  .array(
    fc.record({
      agent: fc.constantFrom(self, ...agents),
      seen: fc.constantFrom('now', 'as before', 'no more'),
      able: fc.boolean(),
      availability: fc.constantFrom('online' as const, 'draining' as const),
    }),
    { maxLength: 4 },
  )
  .map((list) => (stage) => {
    const seen = new Map(stage.state.peers)
    for (const { agent, seen: when, able, availability } of list) {
      const base = { ...peer(agent), card: cards.get(able) ?? cardOf(agent, { name: agent }) }
      const load = { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 }
      const presence = { addresses: [], availability, load, held_grants: 0, reply: false }
      const seenAt = when === 'now' ? stage.now : (seen.get(agent)?.seenAt ?? null)
      if (when === 'no more') seen.delete(agent)
      else seen.set(agent, { ...base, presence, seenAt })
    }
    stage.happens({ type: 'peers_seen', peers: [...seen.values()], at: stage.now })
  })

const says: fc.Arbitrary<Step> = fc
  .record({
    from: fc.constantFrom(self, ...agents, 'stranger'),
    message: fc.oneof(
      fc.record({ type: fc.constant('claim' as const), task }),
      fc.record({
        type: fc.constant('refuse' as const),
        task,
        code: fc.constant('busy' as const),
        policy_hash: fc.constant(null),
        retry_after_ms: fc.constantFrom(null, 1_000, 30_000),
      }),
      fc.record({ type: fc.constant('started' as const), task, attempt }),
      fc.record({
        type: fc.constant('progress' as const),
        task,
        attempt,
        tokens_in: fc.nat(3),
        tokens_out: fc.nat(3),
        ran: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('released' as const),
        task,
        attempt,
        reason: fc.constant('draining' as const),
      }),
      fc.record({
        type: fc.constant('result' as const),
        task,
        attempt,
        result: fc.constantFrom('result 1', 'result 2'),
        salt: fc.constant(salt),
        key: fc.constant(salt),
        claim: fc.constantFrom(null, 'claim 1'),
      }),
      fc.record({
        type: fc.constant('runs' as const),
        task: fc.constantFrom('task 0', 'spare 1', 'spare 2'),
        claim: fc.constant('claim 1'),
      }),
      fc.record({ type: fc.constant('who_runs' as const), task: fc.constantFrom('foreign 1', 'spare 1') }),
      fc.record({
        type: fc.constant('offer' as const),
        task: fc.constantFrom('foreign 1', 'foreign 2'),
        rank: fc.constant(0),
        lease_ms: fc.constant(10_000),
      }),
      fc.record({
        type: fc.constant('granted' as const),
        task: fc.constantFrom('foreign 1', 'foreign 2'),
        grant: fc.constantFrom(...grants),
        attempt,
      }),
      fc.record({
        type: fc.constant('closed' as const),
        task: fc.constant('foreign 1'),
        close: fc.constant('end'),
      }),
      fc.record({
        type: fc.constant('open_tasks_are' as const),
        tasks: fc.constantFrom(1, openTasksMax).map((length) => Array.from({ length }, () => 'foreign 2')),
        cursor: fc.nat(9),
      }),
    ),
  })
  .map(
    ({ from, message }) =>
      (stage) =>
        stage.happens({ type: 'message_received', from, message, at: stage.now }),
  )

/** Finds or judges the result of an own task's current grant. */
const results: fc.Arbitrary<Step> = fc
  .record({ hash: task, what: fc.constantFrom('ok', 'failed', 'good', 'bad') })
  .map(({ hash, what }) => (stage) => {
    const grant = stage.state.open.get(hash)?.grants.at(-1)
    if (!grant) return
    const { attempt, worker } = grant.entry
    if (what === 'good' || what === 'bad') {
      const verdict = { ok: what === 'good', why: what, checks: [] }
      stage.happens({ type: 'checked', task: hash, authority: grant.hash, verdict })
      return
    }
    const { entry, ...event } = resultEvent(attempt, worker, what === 'ok' ? 'ok' : 'failed')
    const found = { ...event, entry: { ...entry, task: hash, authority: grant.hash } }
    stage.happens({ type: 'results_found', task: hash, events: [found], at: stage.now })
  })

/** The life of another poster's grant at a worker. */
const works: fc.Arbitrary<Step> = fc
  .record({
    grant: fc.constantFrom(...grants),
    what: fc.constantFrom('task', 'grant', 'payload', 'run', 'result'),
  })
  .map(({ grant, what }) => (stage) => {
    const held = stage.state.held.get(grant)
    if (!held) return
    const foreign = { ...taskEvent({}, held.task), author: held.poster }
    if (what === 'task') stage.happens({ type: 'task_fetched', event: foreign })
    const word = { dna_hash: 'dna', task: held.task, prev: held.task, attempt: held.attempt, worker: self }
    const entry = { ...word, type: 'Grant', lease_ms: 10_000, reason: 'none', prefix_digest: null } as const
    const event = { hash: grant, author: held.poster, seq: 2, at: stage.now, entry }
    if (what === 'grant') stage.happens({ type: 'grant_fetched', event })
    if (what === 'payload') stage.happens({ type: 'payload_arrived', grant, payload: salt, ...anew })
    const usage = { tokens_in: 0, tokens_out: 0, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }
    const parameters = { max_tokens: 1, temperature_milli: 0, top_p_milli: 0, top_k: 0, context_tokens: 1 }
    const sealed = { pinned: salt, digest: '', bytes: 1, salt, key: salt, template_digest: null }
    const run = {
      ...sealed,
      failed: null,
      prefix_digest: null,
      usage,
      parameters,
      seed: 1,
      engine_build: 'x',
      policy_hash: null,
      backend_class: 'x',
    }
    if (what === 'run') stage.happens({ type: 'run_finished', grant, run, at: stage.now })
    if (what !== 'result') return
    const result = resultEvent(held.attempt, self)
    const authorised = { ...result.entry, task: held.task, authority: grant }
    stage.happens(committed({ ...result, entry: authorised }, stage.now))
  })

const often = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary })
/** Tasks of others that this machine may claim while their posters are away. */
const spares: fc.Arbitrary<Step> = fc
  .record({
    task: fc.constantFrom('spare 1', 'spare 2'),
    grantee: fc.constantFrom(null, 'a'),
    over: fc.boolean(),
  })
  .map(({ task, grantee, over }) => (stage) => {
    const payload = { type: 'clear', salt: '', text: '' } as const
    const fallback = { after_ms: 3_000, allow: { type: 'any' }, payload } as const
    const event = { ...taskEvent({ fallback }, task), author: 'b' }
    stage.happens({ type: 'fallbacks_listed', events: [event], next: 1, at: stage.now })
    if (!stage.state.standbys.has(task)) return
    const survey = { at: stage.now, over, grantee, attempt: grantee === null ? 0 : 1 }
    stage.happens({ type: 'surveyed', task, survey })
  })

const step = fc.oneof(
  ...[posts, passes, waits, cancels, drains].map((arbitrary) => often(1, arbitrary)),
  ...[peers, results, writes].map((arbitrary) => often(2, arbitrary)),
  ...[ends, says, works, spares].map((arbitrary) => often(5, arbitrary)),
)

describe('the agenda', () => {
  test('the agenda finds the same actions as a plan of everything, whatever happens', () => {
    const histories = fc.array(step, { minLength: 1, maxLength: 150, size: 'max' })
    fc.assert(
      fc.property(histories, (steps) => {
        const stage = new Stage()
        stage.happens({ type: 'peers_seen', peers: [peer(self), peer('a'), peer('b')], at: stage.now })
        for (const next of steps) {
          next(stage)
          stage.turn()
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a peer that goes or returns wakes the tasks without a taker', () => {
    const stage = new Stage()
    const own = peer(self)
    const sees = (seen: Peer) => stage.happens({ type: 'peers_seen', peers: [own, seen], at: stage.now })
    const subjects = () => {
      const list = stage.agenda.take(stage.state, stage.now)
      for (const subject of list) stage.agenda.wake(subject, planOf(stage.state, subject, stage.now).wake)
      return list
    }
    const other = peer('a')
    sees(other)
    stage.happens(committed(ownTask('task 0')))
    subjects()
    stage.now += 8_000
    expect(subjects()).not.toContain('task 0')
    stage.now += 1
    expect(subjects()).toEqual(expect.arrayContaining(['peer/a', 'task 0']))
    stage.now += 10
    sees({ ...other, seenAt: stage.now })
    expect(subjects()).toContain('task 0')
    sees({ ...other, seenAt: stage.now + 1 })
    expect(subjects()).toEqual([])
    stage.now += 8_001
    expect(subjects()).toEqual(['peer/a'])
    stage.now += 1
    expect(subjects()).toEqual(expect.arrayContaining(['peer/a', 'task 0']))
  })
})
