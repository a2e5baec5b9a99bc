import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { apply } from '../../../../host/mesh/apply.ts'
import { plan, planOf } from '../../../../host/mesh/plan.ts'
import { reply } from '../../../../host/mesh/reply.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import { places } from '../../../../host/mesh/worker/admit.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import { defaultWorkConfig } from '../../../../host/work/context/config.ts'
import type { Presence } from '../../../../zomes-bindings/generated/agent-registry.ts'
import type { Fallback } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { committed, grantEvent, now, peer, resultEvent, self, stateAfter, taskEvent } from '../fixtures.ts'

const { peer_away_ms, standby_step_ms, offer_wait_ms } = defaultWorkConfig
const payload = { type: 'clear', salt: '', text: '' } as const
const fallback: Fallback = { after_ms: 1_000, allow: { type: 'any' }, payload }
const spare = { ...taskEvent({ fallback }, 'spare'), author: 'away' }
const away: Peer = { ...peer('away'), seenAt: now }
const listed: MeshInput = { type: 'fallbacks_listed', events: [spare], next: 1, at: now }

function surveyed(at: number, changes: object = {}): MeshInput {
  const survey = { at, over: false, grantee: null, attempt: 0, ...changes }
  return { type: 'surveyed', task: 'spare', survey }
}

function runs(from: string, at: number): MeshInput {
  return { type: 'message_received', from, message: { type: 'runs', task: 'spare', claim: 'c' }, at }
}

/** Lists the planned actions for the task at a time, by kind. */
function about(state: MeshState, at: number): string[] {
  const { actions } = plan(state, at)
  return actions.flatMap((action) => (action.owner === 'standby/spare' ? [action.type] : []))
}

/** Alone with the poster that went away. */
const alone = (...more: MeshInput[]) => stateAfter([listed, ...more], [peer(self), away])
const due = now + peer_away_ms
const claimedAs = (hash: string, seq: number) =>
  committed({
    hash,
    author: self,
    seq,
    at: due,
    entry: { type: 'FallbackClaim', dna_hash: 'dna', task: 'spare', attempt: 1 },
  })
const claimed = claimedAs('claim', 9)

describe('a task whose poster may be away', () => {
  test('a stand-in surveys a task only once its poster is away', () => {
    expect(about(alone(), due - 1)).toEqual([])
    expect(about(alone(), due)).toEqual(['survey'])
  })

  test('a stand-in that slept first listens as long as presence takes', () => {
    const state = alone(surveyed(due), { type: 'resumed', at: due })
    expect(about(state, due + peer_away_ms - 1)).toEqual([])
    expect(about(state, due + peer_away_ms)).toEqual(['survey'])
  })

  test('a stand-in surveys a task at once when its poster said goodbye', () => {
    const load = { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 }
    const presence: Presence = { addresses: [], availability: 'offline', load, held_grants: 0, reply: false }
    const state = stateAfter([listed], [peer(self), { ...away, presence }])
    expect(about(state, now + 999)).toEqual([])
    expect(about(state, now + 1_000)).toEqual(['survey'])
  })

  test('a stand-in claims the attempt after the last granted one', () => {
    const state = alone(surveyed(due, { attempt: 2 }))
    const claim = plan(state, due).actions.find(({ owner }) => owner === 'standby/spare')
    expect(claim).toMatchObject({ type: 'commit', entry: { type: 'FallbackClaim', attempt: 3 } })
  })

  test('a stand-in does not claim a task that is over or whose attempts are spent', () => {
    expect(about(alone(surveyed(due, { over: true })), due)).toEqual([])
    expect(about(alone(surveyed(due, { attempt: 3 })), due)).toEqual([])
  })

  test('a stand-in leaves a task to a grantee that says it runs it, for one lease', () => {
    const others = [peer(self), away, { ...peer('grantee'), seenAt: due }]
    const told = surveyed(due, { grantee: 'grantee', attempt: 1 })
    const silent = stateAfter([listed, told], others)
    expect(about(silent, due)).toEqual(['send'])
    const asked: MeshInput = {
      type: 'begun',
      owner: 'standby/spare',
      verb: 'ask/grantee',
      tries: 1,
      at: due,
    }
    const ended: MeshInput = {
      type: 'ended',
      owner: 'standby/spare',
      verb: 'ask/grantee',
      tries: 1,
      ok: true,
    }
    const waiting = stateAfter([listed, told, asked, ended], others)
    expect(about(waiting, due + offer_wait_ms - 1)).toEqual([])
    const busy = stateAfter([listed, told, asked, ended, runs('grantee', due + 5)], others)
    expect(about(busy, due + offer_wait_ms)).toEqual([])
    expect(about(busy, due + 5 + spare.entry.lease_ms)).toEqual(['survey'])
  })

  test("a stand-in ignores a stranger's claim to run a task, and a grantee's endless one", () => {
    const others = [peer(self), away, { ...peer('grantee'), seenAt: due }]
    const allow = { type: 'agents' as const, agents: [self] }
    const closed = { ...spare, entry: { ...spare.entry, fallback: { ...fallback, allow } } }
    const told = [
      { ...listed, events: [closed] } as MeshInput,
      surveyed(due, { grantee: 'grantee', attempt: 1 }),
    ]
    const strange = stateAfter([...told, runs('stranger', due)], others)
    expect(strange.standbys.get('spare')?.runners.size).toBe(0)
    const { queue, run } = spare.entry.deadlines_ms
    const words = Array.from({ length: 100 }, (_, index) => runs('grantee', due + index * 5_000))
    const until = stateAfter([...told, ...words], others)
      .standbys.get('spare')
      ?.runners.get('grantee')?.until
    expect(until).toBe(due + queue + run + spare.entry.lease_ms)
  })

  test('a stand-in surveys a task again before a claim that had no place for long', () => {
    const state = alone(surveyed(due))
    expect(about(state, due + standby_step_ms - 1)).toEqual(['commit'])
    expect(about(state, due + standby_step_ms)).toEqual(['survey'])
  })

  test('a begun claim takes its place, so that no other task is claimed for it', () => {
    const second = { ...spare, hash: 'second' }
    const effect = { owner: 'standby/spare', verb: 'commit', tries: 1 }
    const both = [
      { ...listed, events: [spare, second] } as MeshInput,
      surveyed(due),
      { ...surveyed(due), task: 'second' } as MeshInput,
    ]
    const claims = (...more: MeshInput[]) =>
      plan(stateAfter([...both, ...more], [peer(self), away]), due)
        .actions.filter(({ type }) => type === 'commit')
        .map(({ owner }) => owner)
    expect(claims()).toEqual(['standby/spare', 'standby/second'])
    const begun: MeshInput = { type: 'begun', ...effect, at: due }
    expect(claims(begun)).toEqual([])
    const ended: MeshInput = { type: 'ended', ...effect, ok: false }
    expect(claims(begun, ended)).toEqual(['standby/second'])
    const state = stateAfter([...both, begun], [peer(self), away])
    expect(places(state, due, null)).toEqual(['away'])
    const stands = apply(apply(state, claimed), ended)
    expect(places(stands, due, null)).toEqual(['away'])
  })

  test('a stand-in leaves other posters their share of the places', () => {
    const taken = { poster: 'away', until: due + peer_away_ms, task: spare }
    const end = due + 10_000
    const turnedAway = { tokens: 1, at: due, turnedAwayAt: end - limits.turned_away_ms }
    const alike = {
      ...alone(surveyed(due)),
      claimed: new Map([
        ['one', taken],
        ['two', taken],
      ]),
    }
    expect(about(alike, due)).toEqual(['commit'])
    const wanted = { ...alike, posters: new Map([['other', turnedAway]]) }
    expect(about(wanted, due)).toEqual([])
    expect(planOf(wanted, 'standby/spare', due).wake).toBe(end)
    expect(about(wanted, end)).toEqual(['commit'])
  })

  test('a claim from before a restart is not begun if the journal lacks it', () => {
    const state = stateAfter([claimed], [peer(self), away])
    expect(state.held.size).toBe(0)
  })

  test('a stand-in claims a task no more often than it may be tried', () => {
    const tried = (tries: number): MeshInput[] => {
      const effect = { owner: 'standby/spare', verb: 'commit', tries }
      return [
        { type: 'begun', ...effect, at: due - spare.entry.lease_ms },
        { type: 'ended', ...effect, ok: true },
      ]
    }
    expect(about(alone(surveyed(due), ...tried(2)), due)).toEqual(['commit'])
    expect(about(alone(surveyed(due), ...tried(3)), due)).toEqual([])
  })

  test('the spare tasks of one poster do not take all the room', () => {
    const flood = Array.from({ length: 1_200 }, (_, index) => ({ ...spare, hash: `flood ${index}` }))
    const other = { ...spare, hash: 'other', author: 'another' }
    const state = alone({ ...listed, events: [...flood, other] } as MeshInput)
    expect(state.standbys.has('other')).toBe(true)
  })

  test('a spare task that is over is not taken up when its bucket is listed again', () => {
    const again: MeshInput = { ...listed, events: [spare], at: now + 10_000, next: 0 }
    expect(alone(surveyed(now, { over: true }), again).standbys.get('spare')?.survey?.over).toBe(true)
    const older: MeshInput = { ...again, events: [], next: Number.MAX_SAFE_INTEGER }
    expect(alone(surveyed(now, { over: true }), older).standbys.size).toBe(0)
  })

  test('a stand-in waits for the turn of those before it', () => {
    const later = now + peer_away_ms + standby_step_ms
    const others = ['b', 'c', 'd'].map((agent) => ({ ...peer(agent), seenAt: later }))
    const state = stateAfter([listed], [peer(self), away, ...others])
    const turns = [0, 1, 2, 3].filter((place) => about(state, due + place * standby_step_ms).length > 0)
    // This machine surveys the task from its own turn on and not before, whatever its place is.
    expect(turns).toEqual([0, 1, 2, 3].slice(turns[0]))
  })

  test('a claimed task is held under its claim and not claimed again', () => {
    const state = alone(surveyed(due), claimed)
    expect(state.held.get('claim')).toMatchObject({ task: 'spare', poster: 'away', fallback: true })
    expect(about(state, due)).toEqual([])
    const journal = plan(state, due).actions.find(({ owner }) => owner === 'claim')
    expect(journal).toMatchObject({ type: 'journal' })
  })

  test('a second claim of a task, after a write without an answer, is not run', () => {
    const effect = { owner: 'standby/spare', verb: 'commit', tries: 1 }
    const late = claimedAs('late', 10)
    const settled: MeshInput = { type: 'settled', grant: 'claim', why: 'closed' }
    const state = alone(surveyed(due), { type: 'begun', ...effect, at: due }, claimed, settled, late)
    expect([...state.held.keys()]).not.toContain('late')
    const again: MeshInput = { type: 'begun', ...effect, tries: 2, at: due + spare.entry.lease_ms }
    const second = alone(surveyed(due), { type: 'begun', ...effect, at: due }, claimed, again, late)
    expect([...second.held.keys()]).toEqual(['claim', 'late'])
  })

  test('a task whose result is on the chain is not run again after a restart', () => {
    const result = resultEvent(1, self)
    const entry = { ...result.entry, task: 'spare', authority: 'claim' }
    const found = committed({ ...result, seq: 10, entry })
    const state = alone(claimed, found, { type: 'task_fetched', event: spare })
    const planned = plan(state, due).actions.filter(({ owner }) => owner === 'claim')
    expect(planned).toMatchObject([{ type: 'settle', why: 'stale' }])
  })

  test('a stand-in claims no task that its poster calls closed, and believes only the poster', () => {
    const word = (from: string): MeshInput => {
      return {
        type: 'message_received',
        from,
        message: { type: 'closed', task: 'spare', close: 'c' },
        at: due,
      }
    }
    const open = alone(surveyed(due), word('b'))
    expect(about(open, due)).toEqual(['commit'])
    const over = alone(surveyed(due), word('away'))
    expect(about(over, due)).toEqual([])
  })

  test('a stand-in tells only machines that may claim a task that it runs it', () => {
    const allow = { type: 'agents' as const, agents: [self, 'b'] }
    const event = { ...spare, entry: { ...spare.entry, fallback: { ...fallback, allow } } }
    const state = alone(claimed, { type: 'task_fetched', event })
    const asked = (from: string) => reply(state, from, { type: 'who_runs', task: 'spare' }, due)
    expect(asked('b')).toMatchObject({ message: { type: 'runs', claim: 'claim' } })
    expect(asked('stranger')).toBeNull()
  })

  test('a stand-in asks the poster for a granted payload that does not open', () => {
    const message = { type: 'granted', task: 'spare', grant: 'grant', attempt: 1 } as const
    const entry = { ...grantEvent(1, self).entry, task: 'spare', prev: 'spare' }
    const grant = { ...grantEvent(1, self), hash: 'grant', author: 'away', entry }
    const effect = { owner: 'grant', verb: 'open_payload', tries: 1 }
    const held: MeshInput[] = [
      { type: 'message_received', from: 'away', message, at: now },
      { type: 'task_fetched', event: spare },
      { type: 'grant_fetched', event: grant },
      { type: 'held_journalled', grant: 'grant' },
    ]
    const types = (state: MeshState) =>
      plan(state, now).actions.flatMap((action) =>
        action.owner !== 'grant' ? [] : action.type === 'send' ? [action.message.type] : [action.type],
      )
    expect(types(alone(...held))).toEqual(['open_payload', 'progress'])
    const failed = alone(
      ...held,
      { type: 'begun', ...effect, at: now },
      { type: 'ended', ...effect, ok: true },
    )
    expect(types(failed)).toEqual(['payload_request', 'progress'])
  })

  test('a stand-in asks the poster before it repeats a run that a restart broke off', () => {
    const entry = { ...grantEvent(1, self).entry, task: 'spare', prev: 'spare' }
    const grantEntry = { ...grantEvent(1, self), hash: 'grant', author: 'away', entry }
    const message = { type: 'granted', task: 'spare', grant: 'grant', attempt: 1 } as const
    const before = alone({ type: 'message_received', from: 'away', message, at: now }).held.get('grant')
    if (!before) throw new TypeError('the grant is not held')
    const held = { ...before, claimed: true, journalled: true, taskEvent: spare, grantEvent: grantEntry }
    const back = now + 20_000
    const types = (at: number, ...more: MeshInput[]) =>
      plan(alone({ type: 'restored', held, at: back }, ...more), at).actions.flatMap((action) =>
        action.owner !== 'grant' ? [] : action.type === 'send' ? [action.message.type] : [action.type],
      )
    const effect = { owner: 'grant', verb: 'ask_payload', tries: 1 }
    const asked: MeshInput[] = [
      { type: 'begun', ...effect, at: back },
      { type: 'ended', ...effect, ok: true },
    ]
    expect(types(back)).toEqual(['payload_request', 'progress'])
    expect(types(back + 1, ...asked)).not.toContain('open_payload')
    // A daemon whose writes are held asks nobody until then.
    expect(types(back + offer_wait_ms)).toEqual(['payload_request', 'progress'])
    expect(types(back + offer_wait_ms, ...asked)).toEqual(['open_payload', 'progress'])
  })

  test.each([1, 2])('a task that runs under a claim can be granted here as attempt %i too', (attempt) => {
    const granted = (from: string): MeshInput => ({
      type: 'message_received',
      from,
      message: { type: 'granted', task: 'spare', grant: 'grant', attempt },
      at: due,
    })
    const state = alone(claimed, granted('away'))
    expect([...state.held.values()].map(({ grant, ended }) => [grant, ended])).toEqual([
      ['claim', null],
      ['grant', null],
    ])
    expect([...alone(claimed, granted('stranger')).held.keys()]).toEqual(['claim'])
  })

  test('a poster can grant the attempt of a claim that came to nothing', () => {
    const message = { type: 'granted', task: 'spare', grant: 'grant', attempt: 1 } as const
    const granted: MeshInput = { type: 'message_received', from: 'away', message, at: due }
    const state = alone(claimed, { type: 'settled', grant: 'claim', why: 'released' }, granted)
    expect(state.held.get('grant')).toMatchObject({ attempt: 1, fallback: false })
  })

  test('a machine that the fallback does not name ignores the task', () => {
    const allow = { type: 'agents', agents: ['somebody else'] } as const
    const foreign = {
      ...spare,
      entry: { ...spare.entry, fallback: { ...fallback, allow: { ...allow, agents: [...allow.agents] } } },
    }
    const state = stateAfter([{ ...listed, events: [foreign] } as MeshInput], [peer(self), away])
    expect(state.standbys.size).toBe(0)
  })
})
