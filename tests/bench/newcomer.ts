/** Measures newcomers to a network whose other peers were killed, beside newcomers where they have left. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { StatusView, TaskView } from '../../host/operations/context.ts'
import { send } from '../../host/processes/left-over.ts'
import { withoutModels } from '../harness/no-models.ts'
import type { Machine } from '../harness/peer.ts'
import { tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { warmData } from '../harness/warm-data.ts'
import { round, spread } from './compare.ts'
import { type BenchMesh, Member, openMesh } from './mesh.ts'

/** Longest wait for a step of a newcomer, and pause between two looks, in milliseconds. */
const times = { step: 200_000, look: 100 }

/** Seconds from a newcomer's `up` until each step is done, at most `times.step`. */
interface Steps {
  readonly ready: number
  /** The newcomer and the living peer list each other as online. */
  readonly met: number
  /** The newcomer's first task, which the living peer runs, is accepted. */
  readonly accepted: number
  /** Neither of the two waits for the DHT any more. */
  readonly whole: number
}

/**
 * One peer stays, and newcomers without a model join it, one after another, and post a task at once. The other peers have
 * left in good order before the first half of the newcomers. Before the second half they are killed with `SIGKILL`,
 * together with their conductors, so that their agent infos stay valid.
 */
export async function measure(
  { n, dead }: { n: number; dead: number },
  say: (line: string) => void,
): Promise<object> {
  await using mesh = await openMesh(dead, { poster_has_models: true })
  const env = { XDG_STATE_HOME: join(mesh.folder, 'state'), ...(await withoutModels(mesh.folder)) }
  const newcomers = async (kind: string): Promise<Steps[]> => {
    const seen: Steps[] = []
    for (let turn = 1; turn <= n; turn += 1) {
      const steps = await joins(mesh, `${kind}-${turn}`, { prefix: [], env })
      seen.push(steps)
      say(`${kind}: ${JSON.stringify(steps)}`)
    }
    return seen
  }
  await until('the living peer has all cards', () => isWhole(mesh.poster))
  await Promise.all(mesh.workers.map((member) => member[Symbol.asyncDispose]()))
  const left = await newcomers('left')
  await Promise.all(mesh.workers.map((member) => member.startAgain()))
  await mesh.met()
  await until('the living peer has all cards', () => isWhole(mesh.poster))
  await Promise.all(mesh.workers.map(killAll))
  const killed = await newcomers('killed')
  const both = (step: keyof Steps) => ({
    left: spread(left.map((one) => one[step])),
    killed: spread(killed.map((one) => one[step])),
  })
  return { ready_s: both('ready'), met_s: both('met'), accepted_s: both('accepted'), whole_s: both('whole') }
}

/** Ends a daemon and all that it has started at once, as a power cut does. */
async function killAll(member: Member): Promise<void> {
  for (const { pid } of tree(member.pid)) send(pid, 'SIGKILL')
  await member.kill()
}

async function joins({ folder, url, poster }: BenchMesh, name: string, machine: Machine): Promise<Steps> {
  const data = await warmData(folder, name)
  const from = performance.now()
  await using newcomer = await Member.start(data, machine, ['--name', name, '--bootstrap', url])
  const ready = secondsSince(from)
  const [first, whole] = await Promise.all([
    firstTask(newcomer, poster, from),
    when(from, async () => (await isWhole(newcomer)) && (await isWhole(poster))),
  ])
  return { ready, ...first, whole }
}

async function firstTask(
  newcomer: Member,
  living: Member,
  from: number,
): Promise<Pick<Steps, 'met' | 'accepted'>> {
  const met = await when(from, async () => (await sees(newcomer, living)) && (await sees(living, newcomer)))
  const task = { prompt: 'Say yes.', model: DEFAULT_MODEL, max_tokens: 1, force: true }
  const { id } = await newcomer.call<TaskView>('task.post', task)
  const isAccepted = async () => (await newcomer.call<TaskView>('task.show', { id })).state === 'accepted'
  return { met, accepted: await when(from, isAccepted) }
}

async function sees(one: Member, other: Member): Promise<boolean> {
  const { peers } = await one.call<{ peers: { agent: string; state: string }[] }>('peers', {})
  return peers.some(({ agent, state }) => agent === other.agent && state === 'online')
}

async function isWhole(member: Member): Promise<boolean> {
  return (await member.call<StatusView>('status', {})).presence.state === 'connected'
}

/** Returns the seconds since `from` once something is so, or once it has taken too long. */
async function when(from: number, isSo: () => Promise<boolean>): Promise<number> {
  while (performance.now() - from < times.step && !(await isSo())) await sleep(times.look)
  return secondsSince(from)
}

function secondsSince(from: number): number {
  return round((performance.now() - from) / 1_000, 1)
}
