import { expect, test } from 'vitest'
import { findTasks } from '../../../../../host/ui/views/tasks/find-tasks.ts'
import { tookMs } from '../../../../../host/ui/views/tasks/task.ts'
import { taskOf } from './task-of.ts'

const nameOf = (agent: string) => (agent === 'uhCAkb' ? 'bert' : agent)
const list = [
  taskOf('uhCkk1', { state: 'accepted', prompt: 'Three rivers', worker: 'uhCAkb' }),
  taskOf('uhCkk2', { state: 'running', prompt: null, model: { name: 'tiny', sha256: 'a' } }),
  taskOf('uhCkk3', { state: 'failed', prompt: 'three primes' }),
]
const found = (state: string, search = '') =>
  findTasks(list, { state, search }, nameOf).map(({ task }) => task)

test('a filter by state finds tasks of that state, open ones, or all', () => {
  expect(found('failed')).toEqual(['uhCkk3'])
  expect(found('open')).toEqual(['uhCkk2'])
  expect(found('')).toHaveLength(3)
})

test('a search finds all its words in prompt, key, hash, machine or model', () => {
  expect(found('', 'THREE')).toEqual(['uhCkk1', 'uhCkk3'])
  expect(found('', 'three bert')).toEqual(['uhCkk1'])
  expect(found('', 'tiny')).toEqual(['uhCkk2'])
  expect(found('', 'uhCkk3')).toEqual(['uhCkk3'])
  expect(found('accepted', 'primes')).toEqual([])
})

test('an open task has taken no time yet', () => {
  const { times } = taskOf('uhCkk1')
  expect(tookMs({ times })).toBeNull()
  expect(tookMs({ times: { ...times, posted_at: 5, closed_at: 20 } })).toBe(15)
})
