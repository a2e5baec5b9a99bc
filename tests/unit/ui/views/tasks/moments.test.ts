import { expect, test } from 'vitest'
import { type Heard, momentsOf } from '../../../../../host/ui/views/tasks/moments.ts'
import { taskOf } from './task-of.ts'

const attempt = {
  attempt: 1,
  grant: 'g',
  worker: 'bert',
  reason: 'none',
  prefix_digest: null,
  granted_at: 20,
  result: 'r',
  result_at: 60,
  verdict: 'ok',
  ended: { why: 'accepted', code: null, since: null },
} as const

const task = taskOf('t', {
  state: 'accepted',
  worker: 'bert',
  attempts: [attempt],
  times: { posted_at: 10, granted_at: 20, started_at: 30, result_at: 60, closed_at: 70 },
})
const why = {
  ...{ id: 'k', state: 'accepted', now: null, ended: null, attempts: [], waits_for: [] },
  peers: [
    {
      ...{ peer: 'carl', name: 'carl', self: false, rank: null, codes: [], reason: '', busy_until: null },
      has: null,
      answered: { code: 'busy', at: 15, policy_hash: null },
    },
  ],
  decisions: [
    {
      ...{ id: 'd', point: 'post', subject: 's', allow: true, rule: 'post.allow', reasons: [], at: 9 },
      policy: { name: 'post', digest: null },
    },
  ],
} as unknown as Parameters<typeof momentsOf>[1]
const heard = (state: string, at: number, peer: string | null = null): Heard => ({
  ...{ id: `${at}`, at, type: 'task_state', task_key: 'k', task: 't', state, peer },
})
const kinds = (events: readonly Heard[] = []) =>
  momentsOf(task, why, events).map(({ kind, agent }) => (agent === null ? kind : `${kind} ${agent}`))

test('the moments of a task are in their order, with the reasons of machines and policies', () => {
  expect(kinds()).toEqual([
    'allowed',
    'posted',
    'refused carl',
    'granted bert',
    'started bert',
    'result bert',
    'accepted',
  ])
})

test('events add what the task does not tell, and nothing twice', () => {
  const events = [heard('posted', 10), heard('offered', 12), heard('running', 31, 'bert')]
  expect(kinds(events).filter((one) => /offered|started/.test(one))).toEqual(['offered', 'started bert'])
  expect(kinds([heard('running', 25, 'anna')])).toContain('started anna')
})

test('a lost attempt is named with its reason where its time is known', () => {
  const lost = { ...attempt, result_at: null, ended: { why: 'silent', code: null, since: 40 } } as const
  const next = { ...attempt, attempt: 2, granted_at: 50, reason: 'silent' }
  const found = momentsOf(taskOf('t', { attempts: [lost, next] }), null, [])
  expect(found.map(({ kind, code }) => [kind, code])).toEqual([
    ['posted', null],
    ['granted', null],
    ['lost', 'silent'],
    ['granted', 'silent'],
    ['result', null],
  ])
})
