import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, ripple, rippleJson } from '../harness/peer.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** Time in which gossip has brought a peer all that was written, in milliseconds. */
const GOSSIP_MS = 15_000

let mesh: Mesh

beforeAll(async () => {
  mesh = await openMesh('restore')
})

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

// The engine asks for one cell after the other and pauses in between: that takes a minute and a half.
test.runIf(slow)(
  'chains that were moved aside come back from one peer and go on from their heads',
  async () => {
    const [ann, bob] = await Promise.all([mesh.up('ann'), mesh.up('bob')])
    const seesBob = () => mesh.sees('ann', bob.ready.agent)
    await until('ann sees bob', seesBob)
    const one = await posted('one')
    await sleep(GOSSIP_MS)
    await ann.end('SIGINT')
    const { agent } = await rippleJson<{ agent: string }>(here, 'restore', ...mesh.at('ann'))
    const restored = await mesh.up('ann')
    expect([restored.ready.agent, ann.ready.agent]).toEqual([agent, agent])
    await until('ann sees bob again', seesBob)
    await ripple(here, 'drain', ...mesh.at('ann'))
    const two = await posted('two')
    const { tasks } = await rippleJson<{ tasks: TaskView[] }>(here, 'task', 'list', ...mesh.at('ann'))
    expect(tasks.map(({ task }) => task)).toEqual([two.task, one.task])
    // A machine that has seen a fork rejects the key from then on, and could not write a result for it.
    expect(two.worker).toBe(bob.ready.agent)
  },
  WARM_MS,
)

/** A task of ann's, when it was accepted. */
async function posted(what: string): Promise<TaskView> {
  const words = ['task', 'post', '--prompt', `Say ${what}.`, '--max-tokens', '4', '--wait']
  const task = await rippleJson<TaskView>(here, ...words, ...mesh.at('ann'))
  expect(task.state).toBe('accepted')
  return task
}
