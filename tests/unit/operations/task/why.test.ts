import { expect, test } from 'vitest'
import { policiesOf } from '../../../../host/daemon/models/policies.ts'
import type { WhyView } from '../../../../host/operations/context.ts'
import { stubContext } from '../../api/stub-context.ts'
import { taskView } from '../../api/task-view.ts'
import { openStage } from '../../policy/stage.ts'
import { call, render } from '../calls.ts'
import { peerRow } from './peer-row.ts'

const at = Date.UTC(2030, 0, 2, 3, 4, 5)
const peer = { ...peerRow, has: null, answered: null }
const base: WhyView = {
  id: 'a key of sixteen bytes',
  state: 'offered',
  now: null,
  ended: null,
  attempts: [],
  waits_for: [],
  peers: [peer],
  decisions: [],
}
const attempt = (number: number, ended: WhyView['attempts'][number]['ended']) => ({
  attempt: number,
  grant: `grant ${number}`,
  worker: 'uhCAka',
  reason: 'none',
  prefix_digest: null,
  granted_at: null,
  result: null,
  result_at: null,
  verdict: null,
  ended,
})
const why = (changes: Partial<WhyView>) => render('task.why', { ...base, ...changes }).lines

test('`task why` names what is waited for, and since when a worker is silent', () => {
  expect(
    why({
      now: { on: 'answer', peer: 'uhCAka', until: at, due: null },
      attempts: [attempt(1, { why: 'silent', code: null, since: at })],
    }).slice(0, 3),
  ).toEqual([
    'a key of sixteen bytes is offered',
    'it waits for the answer of a until 2030-01-02T03:04:05Z',
    'attempt 1: a fell silent: not heard of since 2030-01-02T03:04:05Z',
  ])
})

test('`task why` names the phase of the attempt and the deadline that passes next', () => {
  const due = {
    phase: 'reading',
    limit: 'silence_ms',
    renewed_by: 'any message',
    lost_as: 'silent',
    at,
  } as const
  expect(why({ now: { on: 'worker', peer: 'uhCAka', until: at, due } })[1]).toBe(
    'it waits for its worker, a, which has the task until 2030-01-02T03:04:05Z (reading; silence_ms, renewed by any message)',
  )
})

test('`task why` says of each peer whether it has the task and when it is asked', () => {
  const row = (changes: Partial<WhyView['peers'][number]>) => why({ peers: [{ ...peer, ...changes }] }).at(-1)
  expect(row({ has: { as: 'grantee', until: at } })).toMatch(/; has it until 2030-01-02T03:04:05Z$/)
  expect(row({ has: { as: 'stand_in', until: at } })).toMatch(/; stands in until 2030-01-02T03:04:05Z$/)
  expect(row({ busy_until: at })).toMatch(/; not asked before 2030-/)
})

test('`task why` of a closed task explains each attempt and lists no peers', () => {
  const lines = why({
    state: 'failed',
    ended: { why: 'attempts', ms: null, task: null },
    attempts: [
      attempt(1, { why: 'failed', code: 'engine_crashed', since: null }),
      attempt(2, { why: 'released', code: null, since: null }),
      attempt(3, null),
    ],
    peers: [],
  })
  expect(lines).toEqual([
    'a key of sixteen bytes is failed: all 3 attempts were lost',
    'attempt 1: uhCAka failed: engine_crashed',
    'attempt 2: uhCAka gave it back',
    'attempt 3: uhCAka lost it',
  ])
})

test('`task show` of an ended task says why, also of one stored without a reason', () => {
  const view = taskView('a key of sixteen bytes', 'expired')
  const { ended: _, ...kept } = view
  const because = (output: unknown) =>
    render('task.show', output).lines.find((line) => line.startsWith('because'))
  expect(because({ ...view, ended: { why: 'queue', ms: 600_000, task: null } })).toBe(
    'because    no machine was granted it within its time in the queue (10 min)',
  )
  expect(because(kept)).toBeUndefined()
})

test('`task why` names the policy by which a peer refused', () => {
  const answered = { code: 'policy_refuses', at, policy_hash: '0123456789ab'.padEnd(64, 'c') }
  const row = why({ peers: [{ ...peer, answered }] }).at(-1)
  expect(row).toContain('policy_refuses (policy 0123456789ab)')
})

/** Decisions of this machine's own gate about a task, and an operation that finds the task or does not. */
async function decided(found: string | null) {
  let now = 1_800_000_000_000
  const { gate } = await openStage({ now: () => now++ })
  await gate.decide('post', base.id, { trace_id: 'a trace' })
  await gate.decide('run', 'uhCkk-hash', { stage: 'claim' })
  await gate.decide('merge', 'a digest', { trace_id: 'a trace' })
  await gate.decide('run', 'uhCkk-other', { stage: 'claim' })
  const { decisions: _, ...told } = base
  const tasks = {
    ...stubContext({}).tasks,
    find: async () => found,
    list: async () => [],
    beginning: async () => [],
    why: async () => ({ ...told, peers: [] }),
  }
  const context = stubContext({ tasks, policies: policiesOf(gate) })
  return {
    gate,
    asked: (id: string) =>
      call('task.why', context, { id }, new AbortController().signal) as Promise<WhyView>,
  }
}

test("`task why` lists the decisions of this machine's policies", async () => {
  const { gate, asked } = await decided('uhCkk-hash')
  await using _ = gate
  const told = await asked('uhCkk-hash')
  expect(told.decisions).toMatchObject([
    {
      point: 'post',
      allow: false,
      policy: { name: 'post', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    },
    { point: 'run', subject: 'uhCkk-hash', rule: expect.stringMatching(/^run\./) },
    { point: 'merge', subject: 'a digest', reasons: expect.arrayContaining([expect.any(String)]) },
  ])
  const { lines } = render('task.why', told)
  const row = lines.find((line) => line.includes('post.'))
  expect(row).toMatch(/^2027-01-15T08:00:00Z +post +refused +post\.[a-z_]+ +[a-z_,]+ +post [0-9a-f]{12}$/)
})

test("`task why` of another machine's task lists this machine's own decisions", async () => {
  const { gate, asked } = await decided(null)
  await using _ = gate
  const told = await asked('uhCkk-other')
  expect(told).toMatchObject({
    state: null,
    peers: [],
    decisions: [{ point: 'run', subject: 'uhCkk-other' }],
  })
  expect(render('task.why', told).lines[0]).toBe('uhCkk-other is not a task that this machine has posted')
  expect((await asked('a trace')).decisions.map(({ point }) => point)).toEqual(['post', 'merge'])
  await expect(asked('uhCkk-nobody')).rejects.toThrow('uhCkk-nobody')
})
