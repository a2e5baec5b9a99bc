/** Tests the pages of a list of tasks. */
import { describe, expect, test } from 'vitest'
import { pageOf } from '../../../../host/api/a2a/page-of.ts'

const tasks = ['a', 'b', 'c'].map((id) => ({ id }))

describe('a list of tasks', () => {
  test('pages follow each other by the token until the last', () => {
    const first = pageOf(tasks, { pageSize: 2, pageToken: '' })
    expect(first).toEqual({ page: tasks.slice(0, 2), nextPageToken: 'b', pageSize: 2, totalSize: 3 })
    const last = pageOf(tasks, { pageSize: 2, pageToken: first.nextPageToken })
    expect(last).toEqual({ page: tasks.slice(2), nextPageToken: '', pageSize: 1, totalSize: 3 })
  })

  test.each([0, -1, 101, 1.5, Number.NaN])('a page of %d tasks is refused', (pageSize) => {
    expect(() => pageOf(tasks, { pageSize, pageToken: '' })).toThrow('pageSize is not between 1 and 100')
  })

  test('a token of another list is refused', () => {
    expect(() => pageOf(tasks, { pageToken: 'z' })).toThrow('pageToken is not of this list')
  })
})
