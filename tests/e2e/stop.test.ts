import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { daemonStopMs } from '../../host/limits.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { HistoryEvent } from '../../host/telemetry/history.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, rippleJson } from '../harness/peer.ts'
import { runs, tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** How long a daemon that is told to stop may keep what it has in hand, in milliseconds. */
const GIVES_BACK_MS = 10_000

let mesh: Mesh

beforeEach(async () => {
  mesh = await openMesh('stop')
})

afterEach(async () => {
  expect(await mesh.end()).toEqual([])
})

test(
  'SIGTERM in mid-answer ends a worker in good order, and its task goes on at once',
  async () => {
    const [, worker] = await Promise.all([mesh.upWithoutModels('poster'), mesh.up('worker')])
    await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
    const asked = ['--prompt', 'Count to three hundred.', '--max-tokens', '192', '--lease', '120s']
    const { id } = await rippleJson<TaskView>(here, 'task', 'post', ...asked, ...mesh.at('poster'))
    await until('the worker answers', async () => (await mesh.show('poster', id)).state === 'running')
    const processes = tree(worker.pid)
    const told = Date.now()
    const { code, stderr } = await worker.end('SIGTERM')
    expect(code, stderr).toBe(0)
    expect(Date.now() - told).toBeLessThan(daemonStopMs)
    expect(processes.filter(({ pid }) => runs(pid))).toEqual([])
    const last = (await historyOf('worker')).filter(({ at }) => at >= told)
    expect(last.map(({ type }) => type)).toEqual(expect.arrayContaining(['released', 'stopped']))
    for (const { type, at } of last)
      if (type === 'released' || type === 'stopped') expect(at - told).toBeLessThan(GIVES_BACK_MS)
    await mesh.up('worker')
    const { attempts } = await mesh.accepted('poster', id)
    expect(attempts).toMatchObject([
      { attempt: 1, worker: worker.ready.agent },
      { attempt: 2, reason: 'released', verdict: 'ok' },
    ])
  },
  WARM_MS,
)

/** Reads the log of a peer, oldest first. */
async function historyOf(name: string): Promise<HistoryEvent[]> {
  const text = await readFile(join(mesh.folder, name, 'logs', 'history.ndjson'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent)
}
