/** Tests offers and allocations of resources between two real peers. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { PlanView } from '../../host/operations/context.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { until } from '../harness/until.ts'

/** Longest time of the test, in milliseconds. */
const TEST_MS = 240_000

interface Amount {
  readonly cpu_cores: number
  readonly models: readonly string[]
}

interface Listed {
  readonly resources: readonly { name: string; capacity: Amount; free: Amount }[]
  readonly allocations: readonly { allocation_id: string; holder: string; share: Amount }[]
}

interface Allocated {
  readonly allocation_id: string
  readonly node_id: string
  readonly endpoint: string
  readonly expires_at: string
}

let mesh: Mesh
let owner: string
let holder: string
beforeAll(async () => {
  vi.stubEnv('RIPPLE_SHARE_OFFERS', 'true')
  mesh = await openMesh('resources')
  const [first, second] = await Promise.all([mesh.up('owner'), mesh.up('holder')])
  owner = first.ready.agent
  holder = second.ready.agent
  await until(
    'both see each other',
    async () => (await mesh.sees('owner', holder)) && mesh.sees('holder', owner),
  )
}, TEST_MS)
afterAll(async () => {
  expect(await mesh.end()).toEqual([])
}, TEST_MS)

const list = (peer: string) => mesh.call<Listed>(peer, 'resource.ls')
const allocate = (peer: string, given: object) => mesh.call<Allocated>(peer, 'resource.allocate', given)

/** What a peer says of the owner's place for a task that needs cores. */
async function planOf(peer: string, cores: number) {
  const plan = await mesh.call<PlanView>(peer, 'task.plan', { cores })
  return plan.peers.find(({ peer: agent }) => agent === owner)?.codes
}

test(
  'a share of a peer is allocated, taken for others, released, and ended by its time',
  async () => {
    // A share of its own makes the owner write its offer at once.
    const own = await allocate('owner', {
      ...{ resource_type: 'compute', requirements: { cpu_cores: 1 }, node: 'owner' },
    })
    expect(own).toMatchObject({ node_id: owner, endpoint: expect.stringMatching(/^\/p2p\/\S+$/) })
    await mesh.call('owner', 'resource.release', { allocation_id: own.allocation_id })
    const offered = async (peer: string) => (await list(peer)).resources.find(({ name }) => name === 'owner')
    await until('the offer is with the holder', async () => (await offered('holder')) !== undefined)
    const { capacity } = (await offered('holder')) ?? { capacity: { cpu_cores: 0 } }
    await until(
      'nothing of it is taken',
      async () => (await offered('holder'))?.free.cpu_cores === capacity.cpu_cores,
    )

    const all = { resource_type: 'compute', requirements: { cpu_cores: capacity.cpu_cores } }
    const given = await allocate('holder', { ...all, node: 'owner', duration_seconds: 120 })
    expect(given).toMatchObject({ node_id: owner, expires_at: expect.stringMatching(/Z$/) })
    expect((await offered('holder'))?.free.cpu_cores).toBe(0)
    expect((await offered('owner'))?.free.cpu_cores).toBe(0)
    expect((await list('owner')).allocations).toMatchObject([
      { holder, share: { cpu_cores: capacity.cpu_cores } },
    ])
    await expect(allocate('owner', { ...all, node: 'owner' })).rejects.toThrow('not free')
    expect(await planOf('owner', 1)).toEqual(['cpu_short'])
    expect(await planOf('holder', 1)).toEqual([])

    const id = { allocation_id: given.allocation_id }
    const renewed = await allocate('holder', { ...all, ...id, duration_seconds: 600 })
    expect(renewed).toMatchObject({ ...id, node_id: owner })
    expect(Date.parse(renewed.expires_at)).toBeGreaterThan(Date.parse(given.expires_at))
    await mesh.call('holder', 'resource.release', id)
    expect(await planOf('owner', 1)).toEqual([])
    expect((await list('holder')).allocations).toEqual([])
    await expect(mesh.call('owner', 'resource.release', id)).rejects.toThrow('no allocation')

    await allocate('holder', { ...all, node: 'owner', duration_seconds: 2 })
    await until('it has ended by its time', async () => (await list('owner')).allocations.length === 0)
    expect(await planOf('owner', 1)).toEqual([])
  },
  TEST_MS,
)
