import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, ripple, rippleJson } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

let mesh: Mesh

beforeEach(async () => {
  mesh = await openMesh('away')
})

afterEach(async () => {
  expect(await mesh.end()).toEqual([])
})

test(
  'a task goes on while its poster is off, and the returning poster collects the result',
  async () => {
    const [poster, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
    await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
    // A task that is done shows that the two conductors have met; before that, what is written is told to nobody, and how
    // many hold it is known only minutes later.
    const first = ['--prompt', 'Name a colour.', '--max-tokens', '4', '--wait']
    expect((await ripple(here, 'task', 'post', ...first, ...mesh.at('poster'))).code).toBe(0)
    // Machines that drain take no grant, so that nobody has the task when its poster goes.
    await ripple(here, 'drain', ...mesh.at('worker'))
    await ripple(here, 'drain', ...mesh.at('poster'))
    const asked = ['--prompt', 'Count to ten.', '--max-tokens', '16', '--fallback-after', '2s']
    const { id } = await rippleJson<TaskView>(here, 'task', 'post', ...asked, ...mesh.at('poster'))
    await until(
      'another machine holds the task',
      async () => ((await mesh.show('poster', id)).held_by ?? 0) > 0,
    )
    await poster.end('SIGINT')
    await ripple(here, 'drain', '--off', ...mesh.at('worker'))
    await until('the worker has run it', () => stoodIn('worker'))
    await mesh.up('poster')
    // If the worker's message is slow, the poster grants the task again; this test claims nothing about its own runs.
    await ripple(here, 'drain', ...mesh.at('poster'))
    const done = await mesh.accepted('poster', id)
    expect(done).toMatchObject({ worker: worker.ready.agent, claims: [{ worker: worker.ready.agent }] })
    expect(done.output?.text).toBeTruthy()
    const checked = await ripple(
      here,
      'verify',
      done.receipt ?? '',
      '--online',
      '--json',
      ...mesh.at('poster'),
    )
    expect(JSON.parse(checked.stdout)).toMatchObject({ online: [], worker: worker.ready.agent })
    expect(checked.code).toBe(0)
  },
  WARM_MS,
)

/** Whether a peer's history says that it wrote a FallbackClaim, and a Result after it. */
async function stoodIn(name: string): Promise<boolean> {
  const history = await readFile(join(mesh.folder, name, 'logs', 'history.ndjson'), 'utf8').catch(() => '')
  const claim = history.indexOf('"entry":"FallbackClaim"')
  return claim >= 0 && history.includes('"entry":"Result"', claim)
}
