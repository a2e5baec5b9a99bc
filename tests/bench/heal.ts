import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readEnv } from '../../host/config/env.ts'
import { readNetwork } from '../../host/config/network.ts'
import { userPaths } from '../../host/config/paths.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { namespaceProblem, twoMachines } from '../harness/namespaces.ts'
import { type Machine, rippleJson, running } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { warmData } from '../harness/warm-data.ts'
import { median, round } from './compare.ts'
import type { Wait } from './heal-wait.ts'

/** The number of cuts and their length, in seconds. */
interface Cuts {
  readonly n: number
  readonly cut: number
}

/**
 * How long two machines need to know the same again: the cable between them is cut, one of them does a task meanwhile,
 * and from the moment the cable is back the other is asked until it has every event of the task's receipt.
 */
export async function measure(cuts: Cuts): Promise<object> {
  const problem = namespaceProblem()
  if (problem !== null) throw new TypeError(problem)
  const folder = await mkdtemp(join(tmpdir(), 'ripple-heal-'))
  try {
    using network = twoMachines()
    return await measureIn(folder, network, cuts)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureIn(
  folder: string,
  { machines: [a, b], addresses }: ReturnType<typeof twoMachines>,
  { n, cut }: Cuts,
): Promise<object> {
  const listen = ['--listen', `${addresses[0]}:31000`, '--data', join(folder, 'server')]
  await using server = await running<{ url: string }>(a, 'relay', ...listen)
  const up = async (machine: Machine, name: string) => {
    const data = await warmData(folder, name)
    return running<Ready>(machine, 'up', '--data', data, '--name', name, '--bootstrap', server.ready.url)
  }
  await using _first = await up(a, 'first')
  await using second = await up(await withoutModels(b, folder), 'second')
  const [one, other] = [join(folder, 'first'), second.ready]
  const sees = () => onlineFrom(a, one, other.agent)
  const healed: number[] = []
  for (let turn = 0; turn < n; turn += 1) {
    await until('the machines see each other', sees)
    healed.push(await heal({ a, b, cut }, one, other))
  }
  const { gossip } = readNetwork('local')
  return { gossip, healed_s: healed, median_s: round(median(healed)) }
}

/** The machine with a cache of its own that has no model: the other one then does its tasks itself, and soon. */
async function withoutModels({ prefix }: Machine, folder: string): Promise<Machine> {
  const own = join(folder, 'cache')
  await mkdir(join(own, 'ripple'), { recursive: true })
  await symlink(join(userPaths(readEnv(), process.platform).cache, 'tools'), join(own, 'ripple', 'tools'))
  return { prefix: [...prefix, 'env', `XDG_CACHE_HOME=${own}`] }
}

/** A cable between two machines, and for how many seconds it is cut. */
interface Wound {
  readonly a: Machine
  readonly b: Machine
  readonly cut: number
}

/** Cuts the cable, does a task on the one side, mends it, and gives the seconds until the other side has it all. */
async function heal({ a, b, cut }: Wound, data: string, other: Ready): Promise<number> {
  const ends = performance.now() + cut * 1_000
  setCable(a, 'down')
  const words = ['task', 'post', '--prompt', 'Say yes.', '--max-tokens', '4', '--wait', '--data', data]
  const task = await rippleJson<TaskView>(a, ...words)
  if (performance.now() > ends) throw new TypeError('the task took longer than the cut')
  if (task.state !== 'accepted' || task.receipt === null) throw new TypeError(`the task is ${task.state}`)
  const waiting = waitInside(b, { api: other.api, receipt: task.receipt })
  const mended = sleep(Math.max(0, ends - performance.now())).then(() => {
    setCable(a, 'up')
    return performance.now()
  })
  const [from] = await Promise.all([mended, waiting])
  return round((performance.now() - from) / 1_000)
}

/** Asks from inside the other machine, which has the same files but its own loopback. */
function waitInside(machine: Machine, wait: Wait): Promise<void> {
  const script = join(import.meta.dirname, 'heal-wait.ts')
  const words = [process.execPath, '--import', 'tsx', script, JSON.stringify(wait)]
  const [program = '', ...args] = [...machine.prefix, ...words]
  const child = spawn(program, args, { stdio: 'inherit' })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => (code === 0 ? done() : fail(new TypeError(`asking ended with ${code}`))))
  })
}

async function onlineFrom(machine: Machine, data: string, agent: string): Promise<boolean> {
  const { peers } = await rippleJson<{ peers: { agent: string; state: string }[] }>(
    machine,
    'peers',
    '--data',
    data,
  )
  return peers.some((peer) => peer.agent === agent && peer.state === 'online')
}

function setCable(machine: Machine, state: 'up' | 'down'): void {
  const [program = '', ...args] = [...machine.prefix, 'ip', '-brief', 'link', 'show', 'type', 'veth']
  const card = execFileSync(program, args, { encoding: 'utf8' }).split('@')[0]?.trim() ?? ''
  const [set = '', ...rest] = [...machine.prefix, 'ip', 'link', 'set', card, state]
  execFileSync(set, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}
