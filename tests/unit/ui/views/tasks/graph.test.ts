import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphOf } from '../../../../../host/ui/views/tasks/graph.ts'

const node = (task: string, ...depends_on: string[]) => ({ task, depends_on })

test('a task stands below all tasks that it waits for, and strangers are left out', () => {
  const last = node('d', 'b', 'c')
  const graph = graphOf([node('a'), node('b', 'a'), node('c', 'a'), node('x'), last], last)
  expect(Object.fromEntries(graph.nodes.map(({ task, level }) => [task, level]))).toEqual({
    a: 0,
    b: 1,
    c: 1,
    d: 2,
  })
  expect(graph.edges).toHaveLength(4)
  expect(graph.partly).toBe(false)
})

test('a task that is not in the list is shown as far as it is named', () => {
  const { nodes, edges } = graphOf([], node('b', 'gone'))
  expect(nodes.map(({ task, level }) => [task, level])).toEqual([
    ['b', 1],
    ['gone', 0],
  ])
  expect(edges).toEqual([['gone', 'b']])
})

test('no two tasks of a graph share a place, and each edge leads downward', () => {
  const lists = fc.array(fc.array(fc.nat(60), { maxLength: 4 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(lists, (named) => {
      const tasks = named.map((before, at) => node(`${at}`, ...before.filter((one) => one < at).map(String)))
      const { nodes, edges } = graphOf(tasks, tasks.at(-1) ?? node('0'))
      expect(new Set(nodes.map(({ level, place }) => `${level} ${place}`)).size).toBe(nodes.length)
      expect(nodes.length).toBeLessThanOrEqual(40)
      const level = new Map(nodes.map((one) => [one.task, one.level]))
      for (const [before, later] of edges) expect(level.get(before) ?? 0).toBeLessThan(level.get(later) ?? 0)
    }),
  )
})

test('a circle of names ends', () => {
  expect(graphOf([node('a', 'b'), node('b', 'a')], node('a', 'b')).nodes).toHaveLength(2)
})
