// Tests the choice of a machine for a deployment, and its steps.
import { describe, expect, test } from 'vitest'
import {
  candidates,
  type PlacedNode,
  stepsOf,
  suggestionFor,
} from '../../../../host/operations/deployment/place.ts'
import { templates } from '../../../../host/operations/deployment/templates.ts'

const node = (id: string, given: Partial<PlacedNode> = {}): PlacedNode => ({
  ...{ id, name: id, online: true, tags: [], free_memory_gb: 8, free_disk_gb: 100, has_gpu: false },
  ...given,
})
const template = (id: string) => templates.find((one) => one.id === id) ?? expect.unreachable()

describe('the choice of a machine', () => {
  test.each<[string, PlacedNode[], string[], string[]]>([
    ['most free memory first', [node('a'), node('b', { free_memory_gb: 9 })], [], ['b', 'a']],
    ['free disk decides between equals', [node('a'), node('b', { free_disk_gb: 200 })], [], ['b', 'a']],
    [
      'a GPU outweighs some memory',
      [node('a', { free_memory_gb: 32 }), node('b', { has_gpu: true })],
      [],
      ['b', 'a'],
    ],
    ['tags are required', [node('a'), node('b', { tags: ['gpu', 'infra'] })], ['infra'], ['b']],
    ['machines that are away are left out', [node('a', { online: false }), node('b')], [], ['b']],
    ['keys break ties', [node('b'), node('a')], [], ['a', 'b']],
  ])('%s', (_case, nodes, tags, ids) => {
    expect(candidates(nodes, tags).map(({ id }) => id)).toEqual(ids)
  })

  test('a suggestion names the nearest machine and what it lacks', () => {
    const nodes = [node('a', { tags: ['infra'] }), node('b')]
    expect(suggestionFor(nodes, ['infra'])).toBe(null)
    expect(suggestionFor(nodes, ['infra', 'gpu'])).toBe('a comes nearest: it lacks the tags gpu')
    expect(suggestionFor([node('a', { online: false })], [])).toBe('no machine is online')
  })
})

describe('the steps of a plan', () => {
  test('postgres is pulled, gets a volume, runs and is checked', () => {
    const steps = stepsOf(template('postgres'), { instance_name: 'db', host_port: '5433' }, 'apply')
    expect(steps).toEqual([
      { step: 'pull_image', detail: 'postgres:16' },
      { step: 'create_volume', detail: 'db-data' },
      { step: 'run_compose', detail: 'start db with port 5433 to 5432' },
      { step: 'exec', detail: 'pg_isready' },
    ])
  })

  test('a removal keeps the volume', () => {
    expect(stepsOf(template('postgres'), {}, 'remove')).toEqual([
      { step: 'run_compose', detail: 'stop and remove postgres' },
    ])
  })
})
