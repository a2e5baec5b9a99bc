import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { presenterOf } from '../../../../host/cli/present/index.ts'
import { limits } from '../../../../host/limits.ts'
import type { TaskView } from '../../../../host/operations/context.ts'
import { stubContext } from '../../api/stub-context.ts'
import { taskView } from '../../api/task-view.ts'
import { call, render } from '../calls.ts'

const never = new AbortController().signal

/** Posts with a given number of holders at each look in turn, and of possible stand-ins; the last number stays. */
async function post(fallback_after_ms: number | null, looks: readonly (number | null)[], stand_ins = 1) {
  const posted: TaskView = { ...taskView('a key of sixteen bytes', 'posted'), fallback_after_ms }
  const asked: (number | null)[] = []
  const tasks = {
    ...stubContext({}).tasks,
    post: async () => posted,
    show: async () => {
      const held_by = looks[Math.min(asked.length, looks.length - 1)] ?? null
      asked.push(held_by)
      return { ...posted, held_by, stand_ins }
    },
  }
  const began = performance.now()
  const output = await call(
    'task.post',
    stubContext({ tasks }),
    { prompt: 'Go on.', fallback_after_ms },
    never,
  )
  const { lines, notes } = render('task.post', output)
  return { asked: asked.length, ms: performance.now() - began, state: lines[1], note: notes?.[1] }
}

test('a post that needs this machine asks no peer whether it holds the task', async () => {
  expect(await post(null, [1])).toMatchObject({ asked: 0, state: 'state      posted', note: undefined })
})

test('a post with stand-ins says that this machine may leave once a peer holds it', async () => {
  const { asked, state, note } = await post(300_000, [0, 2])
  expect([asked, state]).toEqual([2, 'state      posted (held by 2 peers)'])
  expect(note).toBe('this machine may leave: others go on once it has been away for 5 min')
})

test('a post without a capable stand-in does not say that this machine may leave', async () => {
  const { state, note } = await post(300_000, [2], 0)
  expect(state).toBe('state      posted (held by 2 peers; no other machine can run it now)')
  expect(note).toBe(
    'no other machine can run it now: it waits until one that can is there, or this machine is back',
  )
})

test('a post that no peer holds soon says how to ask, and waits no longer', async () => {
  const { ms, state, note } = await post(300_000, [0])
  expect(ms).toBeLessThan(limits.held_look_ms + 1_000)
  expect(state).toBe('state      posted (only here yet)')
  expect(note).toBe(
    "it is not known to be held by a peer yet: ask 'ripple task show a key of sixteen bytes' before this machine leaves",
  )
})

describe('a post that waits', () => {
  const hourMs = 3_600_000
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Posts a task that nobody ever closes, and waits for it; the outcome's code, once there is one. */
  function waitFor(given: object) {
    const view = taskView('a key of sixteen bytes', 'running')
    const tasks = { ...stubContext({}).tasks, post: async () => view, show: async () => view }
    const outcome: { code: string | null } = { code: null }
    call('task.post', stubContext({ tasks }), { prompt: 'x', wait: true, ...given }, never).catch(
      ({ code }) => {
        outcome.code = code
      },
    )
    return outcome
  }

  test("a waiting post waits for the task's life, a lease and its Close", async () => {
    const outcome = waitFor({ timeout_ms: 5 * hourMs, lease_ms: 60_000 })
    await vi.advanceTimersByTimeAsync(5 * hourMs + 60_000)
    expect(outcome.code).toBe(null)
    await vi.advanceTimersByTimeAsync(limits.task_close_ms)
    expect(outcome.code).toBe('RIPPLE_TIMEOUT')
  })

  test('a waiting post gives up soon after a short task should have ended', async () => {
    const outcome = waitFor({ timeout_ms: 10_000 })
    await vi.advanceTimersByTimeAsync(10_000 + limits.lease_ms + limits.task_close_ms)
    expect(outcome.code).toBe('RIPPLE_TIMEOUT')
  })

  test('a waiting post does not give up at once beyond the longest timer', async () => {
    const outcome = waitFor({ timeout_ms: 30 * 24 * hourMs })
    await vi.advanceTimersByTimeAsync(24 * hourMs)
    expect(outcome.code).toBe(null)
  })
})

test("a task that every machine refuses ends with a refusal's code and their names", () => {
  const ended = { why: 'refused' as const, ms: null, task: null }
  const refusals = [
    { peer: 'p', code: 'policy_refuses' },
    { peer: 'uhCAkother', code: 'model_missing' },
  ]
  const task = { ...taskView('k'.repeat(16), 'failed'), ended, refusals }
  expect(presenterOf('task.post').exit(task)).toBe(4)
  const { lines } = render('task.post', task)
  expect(lines.join('\n')).toContain('this machine (policy_refuses), uhCAkother (model_missing)')
  expect(presenterOf('task.post').exit({ ...task, ended: { ...ended, why: 'attempts' } })).toBe(1)
})
