import { describe, expect, test } from 'vitest'
import { daemonOperations } from '../../../host/operations/registry.ts'

const scopeOf = (name: string) => daemonOperations.find(({ names }) => names.includes(name))?.scope

describe('scopes of operations', () => {
  test.each([
    ['status', 'read'],
    ['task.post', 'write'],
    ['task.cancel', 'write'],
    ['ask', 'infer'],
    ['inference.single_query', 'infer'],
    ['inference.moe_query', 'infer'],
    ['open', 'admin'],
    ['down', 'admin'],
    ['model.rm', 'admin'],
    ['holochain.init_conductor', 'admin'],
    ['holochain.install_dna', 'admin'],
    ['holochain.join_mesh', 'write'],
    ['holochain.register_node', 'write'],
  ])('%s requires %s', (name, scope) => expect(scopeOf(name)).toBe(scope))

  test('an operation that only reads requires no more than read', () => {
    const readers = daemonOperations.filter(({ effect }) => effect === 'read')
    expect(readers.length).toBeGreaterThan(10)
    expect(readers.filter(({ scope }) => scope !== 'read')).toEqual([])
  })
})
