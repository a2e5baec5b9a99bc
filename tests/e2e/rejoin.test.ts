/** Tests that two machines stay one mesh while they leave, come back, are killed and are started again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { namespaceProblem, twoMachines } from '../harness/namespaces.ts'
import { type Machine, type Running, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Tasks that each side posts after each change. */
const EACH = 5

const problem = namespaceProblem() ?? (slow ? null : 'SLOW_TESTS=1 runs it')

interface Row {
  readonly agent: string
  readonly state: string
}

test.skipIf(problem !== null)(
  `two machines answer each other's tasks after two rejoins and after either was killed${problem ? ` (${problem})` : ''}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ripple-rejoin-'))
    try {
      using network = twoMachines()
      await rejoinTwice(folder, network)
    } finally {
      expect(await staying(folder)).toEqual([])
      await rm(folder, { recursive: true, force: true })
    }
  },
  2 * WARM_MS,
)

async function rejoinTwice(
  folder: string,
  { machines: [a, b], addresses }: ReturnType<typeof twoMachines>,
): Promise<void> {
  const listen = ['--listen', `${addresses[0]}:31100`, '--data', join(folder, 'server')]
  await using server = await running<{ url: string }>(a, 'relay', ...listen)
  const url = server.ready.url
  await using first = await side(folder, a, 'first')
  await using second = await side(folder, b, 'second')
  await first.up('--bootstrap', url)
  await second.up('--bootstrap', url)
  await bothPost('at first', first, second)
  const agent = second.agent()
  await second.end('SIGINT')
  await second.up()
  await second.end('SIGINT')
  await second.up('--bootstrap', url)
  await bothPost('after the first rejoin', first, second)
  await second.end('SIGINT')
  await second.up('--local', 'apart')
  await second.end('SIGINT')
  await second.up('--bootstrap', url)
  await bothPost('after a network of its own and the second rejoin', first, second)
  expect(second.agent()).toBe(agent)
  await second.end('SIGKILL')
  await second.up()
  await bothPost('after the one was killed', first, second)
  await first.end('SIGKILL')
  await first.up()
  await bothPost('after the other was killed', first, second)
}

/** One machine: its data folder, and the daemon that runs on it now. */
async function side(folder: string, machine: Machine, name: string) {
  const data = await warmData(folder, name)
  let daemon: Running<Ready> | null = null
  return {
    machine,
    name,
    at: ['--data', data],
    agent: () => daemon?.ready.agent ?? '',
    up: async (...words: string[]) => {
      daemon = await running<Ready>(machine, 'up', '--data', data, '--port', '0', '--name', name, ...words)
    },
    end: async (signal: NodeJS.Signals) => void (await daemon?.end(signal)),
    [Symbol.asyncDispose]: async () => void (await daemon?.end('SIGINT')),
  }
}

type Side = Awaited<ReturnType<typeof side>>

async function bothPost(when: string, ...sides: [Side, Side]): Promise<void> {
  const [one, other] = sides
  for (const [me, them] of [
    [one, other],
    [other, one],
  ] as const)
    await until(`${me.name} sees ${them.name} ${when}`, async () =>
      (await peersOf(me)).some(({ agent, state }) => agent === them.agent() && state === 'online'),
    )
  const posts = sides.map(async (me) => {
    const ended: string[] = []
    for (let post = 0; post < EACH; post++) {
      const words = ['task', 'post', '--prompt', `Say ${post}.`, '--max-tokens', '4', '--wait', ...me.at]
      const { state } = await rippleJson<TaskView>(me.machine, ...words).catch((error) => ({
        state: String(error),
      }))
      ended.push(state)
    }
    return ended
  })
  expect(await Promise.all(posts), when).toEqual(sides.map(() => Array(EACH).fill('accepted')))
  for (const me of sides) {
    const rows = await peersOf(me)
    expect(rows.map(({ agent }) => agent).sort(), `peers of ${me.name} ${when}`).toEqual(
      sides.map((side) => side.agent()).sort(),
    )
  }
}

async function peersOf({ machine, at }: Side): Promise<Row[]> {
  return (await rippleJson<{ peers: Row[] }>(machine, 'peers', ...at)).peers
}
