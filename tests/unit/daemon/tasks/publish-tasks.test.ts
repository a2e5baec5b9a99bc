import { setImmediate as settled } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { publishTasks } from '../../../../host/daemon/tasks/publish-tasks.ts'
import type { TaskState, TaskView } from '../../../../host/mesh/view/view.ts'
import type { EventOf } from '../../../../host/telemetry/catalogue.ts'
import type { Emit } from '../../../../host/telemetry/events.ts'
import type { WorkEvent } from '../../../../host/work/context/watchers.ts'

const over: readonly TaskState[] = ['accepted', 'failed', 'cancelled', 'expired']

function viewOf(task: string, state: TaskState, worker: string | null = 'worker'): TaskView {
  const close = over.includes(state) ? `close of ${task}` : null
  const times = { posted_at: 1_000, granted_at: 1_200, started_at: null, result_at: null, closed_at: 3_000 }
  const usage = { tokens_in: 5, tokens_out: 8, cpu_ms: 1, wall_ms: 1, peak_rss_bytes: 1 }
  const figures = { poster: 'poster', priority: 'interactive', ended: null, usage, times } as const
  return {
    task,
    id: task,
    state,
    worker,
    close,
    attempts: [] as TaskView['attempts'],
    ...figures,
  } as TaskView
}

/** Tells of tasks that begin with these views; receipts are written as the promises of their tasks say. */
function telling(views: readonly TaskView[], written: Readonly<Record<string, Promise<void>>> = {}) {
  const said: string[] = []
  const closed: EventOf<'task_closed'>[] = []
  let listen: (event: WorkEvent) => void = () => {}
  const work = {
    list: () => views,
    newestRevealed: async () => [],
    events: (listener: typeof listen) => {
      listen = listener
      return () => {}
    },
  }
  const receipts = {
    keep: async (view: TaskView) => (view.state === 'accepted' ? written[view.task] : undefined),
  }
  const emit: Emit = (event) => {
    if (event.type === 'task_state') said.push(`${event.task_key} ${event.state}`)
    if (event.type === 'task_closed') closed.push(event)
    if (event.type === 'task_text') said.push(`${event.task_key} ${event.text}`)
  }
  const told = publishTasks({ work, emit, receipts, signal: new AbortController().signal })
  return {
    said,
    closed,
    state: (view: TaskView) => listen({ type: 'task', view }),
    text: (task: string, text: string) =>
      listen({ type: 'text', task, attempt: 1, offset: 0, tokens_out: 1, text }),
    end: () => told[Symbol.asyncDispose](),
  }
}

test('an output that cannot be fetched delays the events of no other task', async () => {
  const slow = Promise.withResolvers<void>()
  const { said, state, text, end } = telling([], { a: slow.promise })
  for (const task of ['a', 'b']) state(viewOf(task, 'running'))
  text('a', 'answer')
  state(viewOf('a', 'accepted'))
  text('b', 'piece')
  state(viewOf('b', 'delivered'))
  state(viewOf('b', 'accepted'))
  state(viewOf('c', 'posted'))
  await settled()
  expect(said.filter((line) => line.startsWith('a'))).toEqual(['a running', 'a answer'])
  expect(said.filter((line) => line.startsWith('b'))).toEqual([
    'b running',
    'b piece',
    'b delivered',
    'b accepted',
  ])
  expect(said).toContain('c posted')
  slow.resolve()
  await end()
  expect(said.at(-1)).toBe('a accepted')
})

test('receipts of a crash delay no events', async () => {
  const { said, state, text } = telling([viewOf('a', 'accepted')], { a: new Promise(() => {}) })
  state(viewOf('b', 'running'))
  text('b', 'piece')
  await settled()
  expect(said).toEqual(['b running', 'b piece'])
})

test('a closed task is reported once, whatever is heard later', async () => {
  const { said, state, end } = telling([viewOf('a', 'running'), viewOf('old', 'cancelled')])
  state(viewOf('a', 'running'))
  state(viewOf('a', 'accepted'))
  state(viewOf('a', 'accepted'))
  state(viewOf('old', 'cancelled', 'a late worker'))
  for (const late of ['worker', 'a late worker']) state(viewOf('a', 'accepted', late))
  await end()
  expect(said).toEqual(['a accepted'])
})

test('the events end once all are reported', async () => {
  const slow = Promise.withResolvers<void>()
  const { said, state, end } = telling([], { a: slow.promise })
  state(viewOf('a', 'posted'))
  state(viewOf('a', 'accepted'))
  let ended = false
  const ending = end().then(() => {
    ended = true
  })
  await settled()
  expect(ended).toBe(false)
  slow.resolve()
  await ending
  expect(said).toEqual(['a posted', 'a accepted'])
})

test('a task that is offered round after round is reported once', async () => {
  const { said, state, end } = telling([])
  for (const round of ['posted', 'offered', 'posted', 'offered', 'posted'] as const)
    state(viewOf('a', round, null))
  state(viewOf('a', 'granted'))
  state(viewOf('a', 'offered', null))
  state({ ...viewOf('a', 'granted'), attempts: [{}, {}] } as unknown as TaskView)
  state(viewOf('a', 'failed', null))
  await end()
  expect(said).toEqual(['a posted', 'a offered', 'a granted', 'a granted', 'a failed'])
})

test('the end of a task is reported with its figures', async () => {
  const { closed, state, end } = telling([])
  for (const [task, worker] of [
    ['a', 'worker'],
    ['b', 'poster'],
  ] as const) {
    state(viewOf(task, 'posted', null))
    state(viewOf(task, 'accepted', worker))
  }
  state(viewOf('c', 'posted', null))
  state(viewOf('c', 'expired', null))
  await settled()
  await end()
  const same = {
    priority: 'interactive',
    why: null,
    wait_ms: 200,
    total_ms: 2_000,
    tokens_in: 5,
    tokens_out: 8,
  }
  expect(closed.toSorted((one, other) => one.task.localeCompare(other.task))).toEqual([
    { type: 'task_closed', task: 'a', outcome: 'accepted', place: 'peer', ...same },
    { type: 'task_closed', task: 'b', outcome: 'accepted', place: 'here', ...same },
    { type: 'task_closed', task: 'c', outcome: 'expired', place: 'none', ...same },
  ])
})
