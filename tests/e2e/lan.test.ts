/** Tests that machines of a LAN meet without a URL, and again after the machine that ran the bootstrap server has gone. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StatusView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { namespaceProblem, twoMachines } from '../harness/namespaces.ts'
import { apart, type Machine, type Running, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Milliseconds after the last `up` in which all machines see each other. */
const MEET_MS = 20_000
/** Milliseconds after the loss of the server's machine in which the mesh is whole again. */
const HEAL_MS = 30_000

/** Lets machines give each other tasks without being accepted. */
const open = { RIPPLE_LOCAL_OPEN: 'true' }

const problem = namespaceProblem()

/** A machine with a data folder, and the daemon that runs on it now. */
class Side {
  readonly #machine: Machine
  readonly #name: string
  readonly #data: string
  daemon: Running<Ready> | null = null

  constructor(machine: Machine, name: string, data: string) {
    this.#machine = machine
    this.#name = name
    this.#data = data
  }

  async up(): Promise<void> {
    const words = ['--data', this.#data, '--name', this.#name, '--port', '0']
    this.daemon = await running<Ready>(this.#machine, 'up', ...words)
  }

  json<T>(...words: string[]): Promise<T> {
    return rippleJson<T>(this.#machine, ...words, '--data', this.#data)
  }

  async server(): Promise<string | null> {
    return (await this.json<StatusView>('status')).network.server
  }

  async sees(other: Side): Promise<boolean> {
    const { peers } = await this.json<{ peers: { agent: string; state: string }[] }>('peers')
    return peers.some(({ agent, state }) => agent === other.daemon?.ready.agent && state === 'online')
  }
}

async function meet([a, b]: readonly [Side, Side], ms: number): Promise<void> {
  await until('both see each other', async () => (await a.sees(b)) && (await b.sees(a)), ms)
}

async function acceptedTask(side: Side): Promise<string> {
  const words = ['--prompt', 'Say yes.', '--max-tokens', '4', '--wait']
  return (await side.json<TaskView>('task', 'post', ...words)).state
}

/** Runs a test with two machines in a folder, and checks that nothing of them stays. */
async function withSides(machines: readonly [Machine, Machine], run: (sides: [Side, Side]) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-lan-'))
  const make = async (machine: Machine, name: string) => new Side(machine, name, await warmData(folder, name))
  const sides: [Side, Side] = [await make(machines[0], 'ann'), await make(machines[1], 'bob')]
  try {
    await run(sides)
  } finally {
    await Promise.all(sides.map(({ daemon }) => daemon?.end('SIGINT')))
    expect(await staying(folder)).toEqual([])
    await rm(folder, { recursive: true, force: true })
  }
}

test.skipIf(problem !== null)(
  `two machines meet by mDNS without a URL, and again after the server's machine was killed${problem ? ` (${problem})` : ''}`,
  async () => {
    using network = twoMachines()
    const [ann, bob] = network.machines
    await withSides(
      [
        { ...ann, env: open },
        { ...bob, env: open },
      ],
      async (sides) => {
        const [a, b] = sides
        await a.up()
        await until('the first machine serves', async () => (await a.server()) === 'this machine')
        await b.up()
        await meet(sides, MEET_MS)
        expect([await a.server(), await b.server()]).toEqual(['this machine', 'ann'])
        expect(await acceptedTask(b)).toBe('accepted')
        await a.daemon?.end('SIGKILL')
        await until('the other machine serves', async () => (await b.server()) === 'this machine', HEAL_MS)
        await a.up()
        await meet(sides, HEAL_MS)
        expect(await a.server()).toBe('bob')
        expect(await acceptedTask(a)).toBe('accepted')
      },
    )
  },
  WARM_MS,
)

test(
  'two daemons of one machine meet without mDNS, because one holds the forwarder of both',
  async () => {
    const { env } = await apart()
    const machine = { prefix: [], env: { ...env, ...open, RIPPLE_NET_MDNS: 'false' } }
    await withSides([machine, machine], async (sides) => {
      await Promise.all(sides.map((side) => side.up()))
      await meet(sides, MEET_MS)
      const servers = [await sides[0].server(), await sides[1].server()]
      expect([
        ['this machine', 'ann'],
        ['bob', 'this machine'],
      ]).toContainEqual(servers)
      expect(await acceptedTask(sides[0])).toBe('accepted')
    })
  },
  WARM_MS,
)
