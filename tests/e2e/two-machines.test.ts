import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { namespaceProblem, twoMachines } from '../harness/namespaces.ts'
import { type Machine, ripple, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

const problem = namespaceProblem()

test.skipIf(problem !== null)(
  `two machines join by one URL, and the output crosses${problem ? ` (${problem})` : ''}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ripple-two-'))
    try {
      using network = twoMachines()
      await bothSides(folder, network)
    } finally {
      expect(await staying(folder)).toEqual([])
      await rm(folder, { recursive: true, force: true })
    }
  },
  WARM_MS,
)

async function bothSides(
  folder: string,
  { machines: [a, b], addresses }: ReturnType<typeof twoMachines>,
): Promise<void> {
  await using server = await running<{ url: string }>(
    a,
    'relay',
    '--listen',
    `${addresses[0]}:31000`,
    '--data',
    join(folder, 'server'),
  )
  await using stack = new AsyncDisposableStack()
  const up = async (machine: Machine, name: string) => {
    const data = await warmData(folder, name)
    return stack.use(
      await running<Ready>(machine, 'up', '--data', data, '--name', name, '--bootstrap', server.ready.url),
    )
  }
  const [first, second] = await Promise.all([up(a, 'first'), up(b, 'second')])
  const at = (name: string) => ['--data', join(folder, name)]
  await until('the machines see each other', async () => {
    const { peers } = await rippleJson<{ peers: { agent: string; state: string }[] }>(
      a,
      'peers',
      ...at('first'),
    )
    return peers.some(({ agent, state }) => agent === second.ready.agent && state === 'online')
  })
  await ripple(a, 'drain', ...at('first'))
  const task = await rippleJson<TaskView>(
    a,
    'task',
    'post',
    '--prompt',
    'Say yes.',
    '--max-tokens',
    '8',
    '--wait',
    ...at('first'),
  )
  expect(task.state).toBe('accepted')
  expect(task.poster).toBe(first.ready.agent)
  expect(task.worker).toBe(second.ready.agent)
  expect((await ripple(b, 'verify', task.receipt ?? '')).code).toBe(0)
  const { cid } = await rippleJson<{ cid: string }>(b, 'artifact', 'add', 'README.md', ...at('second'))
  const got = await ripple(a, 'artifact', 'get', cid, ...at('first'))
  expect(got.stdout).toContain('# Ripple')
}
