import { describe, expect, test } from 'vitest'
import { findTask } from '../../../../host/operations/task/find.ts'
import { taskList } from '../../../../host/operations/task/shape.ts'
import { stubContext } from '../../api/stub-context.ts'
import { taskView } from '../../api/task-view.ts'
import { call } from '../calls.ts'

const { signal } = new AbortController()

/** A task of this key, posted so long after 1970. */
function task(id: string, posted_at: number) {
  const view = taskView(id, 'accepted')
  return { ...view, task: `uhCkk-hash-${id}`, times: { ...view.times, posted_at } }
}

const open = [task('b: an open task', 40), task('a: an open task', 30)]
const past = [task('d: a past task', 20), task('c: a past task', 10)]

/** A daemon with two tasks in open epochs, and these in epochs that were left. */
function knowing(left = past) {
  const all = [...open, ...left]
  return stubContext({
    tasks: {
      ...stubContext({}).tasks,
      find: async (id) => all.find((one) => one.id === id || one.task === id)?.task ?? null,
      list: async (most) => [...open, ...left.slice(0, most)],
      beginning: async (prefix) =>
        all.filter((one) => one.id.startsWith(prefix) || one.task.startsWith(prefix)).map((one) => one.task),
    },
  })
}

describe('the name of a task', () => {
  test.each([...open, ...past])(
    'a task is found by its key, its hash and a unique prefix: $id',
    async (one) => {
      for (const id of [
        one.id,
        one.task,
        one.id.slice(0, 8),
        one.task.slice(0, 14),
        `${one.id.slice(0, 8)}…`,
      ])
        expect(await findTask(knowing(), id)).toBe(one.task)
    },
  )

  test.each(['a: an o', 'uhCkk-hash-', 'e: no task at all'])(
    'a task is found by no other name: %s',
    async (id) => {
      await expect(findTask(knowing(), id)).rejects.toMatchObject({
        code: 'RIPPLE_TASK_UNKNOWN',
        facts: { id },
      })
    },
  )
})

describe('the list', () => {
  const listed = async (given: object, left = past) => {
    const output = taskList.output.parse(await call('task.list', knowing(left), given, signal))
    return (output as { tasks: { id: string }[] }).tasks.map(({ id }) => id.slice(0, 1)).join('')
  }

  test('the list has the newest tasks of past epochs, up to the requested number', async () => {
    expect(await listed({})).toBe('badc')
    expect(await listed({ past: 1 })).toBe('bad')
    expect(await listed({ past: 0 })).toBe('ba')
    expect(await listed({ state: 'failed' })).toBe('')
  })

  test('the list refuses an unbounded number', async () => {
    await expect(listed({ past: 1e9 })).rejects.toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
  })
})
