import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { plan } from '../../../../host/mesh/plan.ts'
import { regrantFrom, seemsCutOff } from '../../../../host/mesh/poster/brake.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import { committed, grantEvent, now, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const long = 60_000
/** Makes a number of peers, of which some fell silent a minute ago. */
const mesh = (count: number, silent: number, inputs: Parameters<typeof stateAfter>[0] = []): MeshState =>
  stateAfter(inputs, [
    peer(self),
    ...Array.from({ length: count }, (_, i) => ({
      ...peer(`peer ${i}`),
      seenAt: i < silent ? now - long : now,
    })),
  ])

describe('the brake', () => {
  test.each([
    [3, 3, false],
    [4, 2, false],
    [4, 3, true],
    [5, 4, true],
    [20, 11, false],
    [20, 12, true],
  ])('a poster with %i peers, %i of them silent, seems cut off: %s', (count, silent, expected) => {
    expect(seemsCutOff(mesh(count, silent), now)).toBe(expected)
  })

  test('peers that said goodbye or left long ago do not count as silent', () => {
    const state = mesh(4, 3)
    const gone = new Map(
      [...state.peers].map(([agent, one]) => {
        const presence = {
          addresses: [],
          availability: 'offline' as const,
          load: one.card.load,
          held_grants: 0,
          reply: false,
        }
        return [agent, one.seenAt === now ? one : { ...one, presence }]
      }),
    )
    expect(seemsCutOff({ ...state, peers: gone }, now)).toBe(false)
    expect(seemsCutOff(state, now + 10 * long)).toBe(false)
  })

  test('repeated grants are spread over time, and first grants are not', () => {
    const posted = Array.from({ length: 200 }, (_, i) => {
      const hash = `task ${i}`
      const { entry, ...event } = grantEvent(1, 'peer 0')
      const grant = { ...event, hash: `grant of ${hash}`, entry: { ...entry, task: hash, prev: hash } }
      return [committed(taskEvent({ id: `key ${i}` }, hash)), committed(grant)]
    }).flat()
    const state = mesh(5, 4, posted)
    const late = now + 10_000
    const expired = { why: 'expired', since: late, passedAt: late } as const
    const from = [...state.open.values()].map((task) => regrantFrom(state, task, expired, late) - late)
    const early = from.filter((ms) => ms < limits.brake_spread_ms / 10).length
    expect(Math.max(...from)).toBeLessThan(limits.brake_spread_ms)
    expect(early).toBeLessThan(from.length / 5)
    for (const task of state.open.values()) {
      expect(regrantFrom(state, task, { why: 'failed', since: late, passedAt: null }, late)).toBe(late)
      expect(regrantFrom(mesh(5, 1, posted), task, expired, late)).toBe(late)
    }
  })
})

describe('a poster whose tasks all lost their worker at once', () => {
  const many = 60
  const lease_ms = 10_000
  /** When their leases ran out, and the DHT was looked at for the last time. */
  const late = now + lease_ms + 1_000
  const lost = Array.from({ length: many }, (_, i): MeshInput[] => {
    const [task, key] = [`task ${i}`, `a key of sixteen bytes ${i}`]
    const { entry, ...event } = grantEvent(1, 'peer 0')
    const grant = { ...event, hash: `grant of ${task}`, entry: { ...entry, task, prev: task } }
    const look = { owner: task, verb: 'look', tries: 1 } as const
    return [
      committed(taskEvent({ id: key }, task)),
      committed(grant),
      { type: 'begun', ...look, at: late },
      { type: 'ended', ...look, ok: true },
    ]
  }).flat()
  /** The peer that is left wants them all. */
  const claims = Array.from({ length: many }, (_, i): MeshInput => {
    const message = { type: 'claim', task: `task ${i}` } as const
    return { type: 'message_received', from: 'peer 4', message, at: late }
  })
  const grantsOf = (silent: number): number =>
    plan(mesh(5, silent, [...lost, ...claims]), late).actions.filter(
      (action) => action.type === 'commit' && action.entry.type === 'Grant',
    ).length

  test('a poster regrants all lost tasks at once while its peers are there', () => {
    expect(grantsOf(1)).toBe(many)
  })

  test('a poster that seems cut off holds most regrants back', () => {
    expect(grantsOf(4)).toBeLessThan(many / 5)
  })
})
