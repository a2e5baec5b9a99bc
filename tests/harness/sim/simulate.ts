import type { EpochRules } from '../../../host/config/epoch.ts'
import { toRippleError } from '../../../host/errors/ripple-error.ts'
import { type MeshCore, meshCore } from '../../../host/mesh/core.ts'
import type { ActionHash } from '../../../host/types/events.ts'
import { sealReady } from '../../../host/work/context/seal.ts'
import { checkHistory } from '../checker/check.ts'
import type { History, Violation } from '../checker/history.ts'
import { client, requestOf, withdraw } from './client.ts'
import type { Daemon } from './daemon.ts'
import { drawFaults, type Faults } from './faults.ts'
import { historyOf } from './history.ts'
import { type Met, metIn } from './met.ts'
import { Prng } from './random.ts'
import { epoch, type SimRules, World } from './world.ts'

/** The outcome of one simulation. */
export interface Outcome {
  readonly seed: number
  readonly hosts: number
  readonly faults: Faults
  /** How often each of them was met. */
  readonly met: Met
  readonly violations: readonly Violation[]
  readonly history: History
  /** Tasks by how they ended. */
  readonly endings: Readonly<Record<string, number>>
  /** How often a client was told to come again because the chain was full. */
  readonly sent_away: number
  /** How long it was by its own clock, in milliseconds. */
  readonly simulated_ms: number
}

/** The parts of a simulation that a test may replace. */
export interface Variation {
  readonly core?: MeshCore
  readonly faults?: Faults
  /** Lets the network roll its epochs. */
  readonly epochs?: EpochRules
  readonly scene?: Scene
}

/** How many take part in a simulation. */
export interface Scene {
  readonly hosts: number
  readonly clients: number
  /** Whether all clients post at the same machine, and nearly at the same time. */
  readonly rush: boolean
}

/** When faults stop, when everything must have ended, and how often it is asked whether it has, in milliseconds. */
const times = { faultsEnd: 90_000, end: 600_000, look: 500 }

/**
 * How many first tasks are followed by one that waits for them, how many may go on without their poster, how many absences are
 * sleep, and how many simulations are of a crowd of machines, and of a rush to one of a few.
 */
const chances = { follows: 0.4, fallback: 0.4, sleeps: 0.5, crowd: 1 / 200, rush: 1 / 50 }

/** From how many to how many machines and clients each kind of scene has. Few machines show most defects, so most scenes have few. */
const scenes = {
  usual: { hosts: [5, 20], clients: [1, 6], rush: false },
  crowd: { hosts: [100, 300], clients: [1, 6], rush: false },
  rush: { hosts: [2, 4], clients: [30, 50], rush: true },
} as const

/** Within which time clients come, in milliseconds. */
const comeWithin = { usual: 30_000, rush: 500 }

/** Runs one seed: machines, clients, faults; then quiet; then the checker. The same seed gives the same history. */
export async function simulate(seed: number, rules: SimRules, variation: Variation = {}): Promise<Outcome> {
  // How long it takes to load what is loaded once is no part of a simulation.
  await sealReady()
  const random = new Prng(seed)
  const drawn = drawFaults(random.fork())
  const { core = meshCore, epochs = null } = variation
  const faults = withinEpochs(variation.faults ?? drawn, epochs)
  const worlds = random.fork()
  const scene = variation.scene ?? sceneOf(random)
  const world = new World(worlds, faults, rules, core, scene.hosts, epochs)
  world.start()
  world.wires.quietFrom(epoch + times.faultsEnd)
  const waiting = clients(world, scene, random.fork(), faults)
  const drains = random.fork()
  for (const daemon of world.daemons)
    if (drains.chance(faults.drains)) void drain(world, daemon, drains.fork())
  const absences = random.fork()
  for (const daemon of world.daemons)
    if (absences.chance(faults.absences)) void absence(world, daemon, absences.fork())
  for (let i = 0; i < faults.partitions; i++) void partition(world, random.fork())
  const answers = answersTo(waiting)
  await world.clock.run(
    epoch + times.end,
    seldom(world, () => answers.due === 0 && isQuiet(world)),
  )
  // No client is refused: only a defect put in on purpose may do that, and there the checker judges.
  if (answers.refusals.length > 0 && variation.core === undefined) throw answers.refusals[0]
  if (world.sentAway > 0 && epochs === null) throw new TypeError('a client was told that the chain is full')
  const history = await historyOf(world)
  return {
    seed,
    hosts: world.daemons.length,
    faults,
    met: metIn(history, world.wires.met),
    violations: checkHistory(history),
    history,
    endings: endingsOf(history),
    sent_away: world.sentAway,
    simulated_ms: world.clock.now() - epoch,
  }
}

function sceneOf(random: Prng): Scene {
  const kind = random.chance(chances.crowd) ? 'crowd' : random.chance(chances.rush) ? 'rush' : 'usual'
  const { hosts, clients, rush } = scenes[kind]
  const most = random.int(hosts[0], hosts[1])
  return { hosts: random.int(hosts[0], most), clients: random.int(clients[0], clients[1]), rush }
}

/** Daemons open an epoch for peers whose clocks are ahead, within bounds; nobody runs a task that he cannot see. */
function withinEpochs(faults: Faults, epochs: EpochRules | null): Faults {
  if (epochs === null) return faults
  return { ...faults, skewMaxMs: Math.min(faults.skewMaxMs, Math.floor(epochs.length_ms / 8)) }
}

/** Counts the clients that have no answer yet, and keeps what the others were refused for. */
function answersTo(waiting: readonly Promise<unknown>[]): { due: number; refusals: unknown[] } {
  const answers = { due: waiting.length, refusals: [] as unknown[] }
  const answered = () => {
    answers.due -= 1
  }
  const refused = (thrown: unknown) => {
    answers.refusals.push(thrown)
    answered()
  }
  for (const one of waiting) one.then(answered, refused)
  return answers
}

function clients(world: World, scene: Scene, random: Prng, faults: Faults): Promise<unknown>[] {
  const machines = scene.rush ? world.daemons.slice(0, 1) : world.daemons
  return Array.from({ length: scene.clients }, async (_, i) => {
    const own = random.fork()
    const daemon = random.pick(machines)
    const within = scene.rush ? comeWithin.rush : comeWithin.usual
    await world.clock.sleep(own.int(1, within), new AbortController().signal)
    const request = {
      ...requestOf(`key of client ${i}, sixteen and more`, `prompt ${i}`, own),
      fallback: own.chance(chances.fallback) ? world.fallback(own) : null,
    }
    const cancelAfterMs = own.chance(faults.cancels) ? own.int(1, 20_000) : null
    const task = await client(world, daemon, request)
    const follows = own.chance(chances.follows)
    await Promise.all([
      cancelAfterMs === null ? null : withdraw(world, daemon, task, cancelAfterMs),
      follows ? follow(world, daemon, task, own) : null,
    ])
  })
}

/** Posts a second task that starts when the first is accepted; refused where that one has ended otherwise. */
async function follow(world: World, daemon: Daemon, first: ActionHash, random: Prng): Promise<void> {
  const request = requestOf(`key of what follows ${first}`.slice(0, 64), 'and then', random)
  try {
    const fallback = random.chance(chances.fallback) ? world.fallback(random) : null
    await client(world, daemon, { ...request, depends_on: [first], fallback })
  } catch (thrown) {
    if (toRippleError(thrown).code !== 'RIPPLE_TASK_NEVER_READY') throw thrown
  }
}

/** One machine takes no new work for a while; a kill ends that too. */
async function drain(world: World, daemon: Daemon, random: Prng): Promise<void> {
  const forever = new AbortController().signal
  await world.clock.sleep(random.int(1, times.faultsEnd / 2), forever)
  await daemon.up()
  world.drain(daemon, true)
  const from = world.clock.now()
  const forMs = random.int(1_000, times.faultsEnd / 2)
  world.disturbances.push({ kind: 'drain', agents: [daemon.machine.agent], from, to: from + forMs })
  await world.clock.sleep(forMs, forever)
  world.drain(daemon, false)
}

/** One machine is off for a while, or sleeps. */
async function absence(world: World, daemon: Daemon, random: Prng): Promise<void> {
  await world.clock.sleep(random.int(1, times.faultsEnd / 2), new AbortController().signal)
  const ms = random.int(20_000, times.faultsEnd)
  const from = world.clock.now()
  if (!random.chance(chances.sleeps) || !daemon.doze(ms)) return daemon.leave(ms)
  world.disturbances.push({ kind: 'frozen', agents: [daemon.machine.agent], from, to: from + ms })
}

async function partition(world: World, random: Prng): Promise<void> {
  const forever = new AbortController().signal
  await world.clock.sleep(random.int(1, times.faultsEnd / 2), forever)
  const agents = world.daemons.map((daemon) => daemon.machine.agent)
  const side = agents.filter(() => random.chance(0.5))
  world.logs.push({
    type: 'fault',
    kind: 'partition',
    agents: side,
    agent: agents[0] ?? '',
    at: world.clock.now(),
  })
  world.wires.cut(side)
  await world.clock.sleep(random.int(1_000, times.faultsEnd / 2), forever)
  world.wires.cut([])
}

/** Asks only once in a while of virtual time: to ask costs more than most of what happens in between. */
function seldom(world: World, ask: () => boolean): () => boolean {
  let next = epoch
  return () => {
    if (world.clock.now() < next) return false
    next = world.clock.now() + times.look
    return ask()
  }
}

/** Whether nothing is left to do: every task that was written is closed, and nobody holds a grant. */
export function isQuiet(world: World): boolean {
  const chains = world.network.chains()
  return world.daemons.every(({ work, machine }) => {
    if (!work || work.heldGrants() > 0) return false
    // A write that came late stands on the chain before its daemon knows of it.
    const entries = chains.get(machine.agent) ?? []
    const closed = new Set(entries.map(({ entry }) => (entry.type === 'Close' ? entry.task : '')))
    const open = entries.some(({ hash, entry }) => entry.type === 'Task' && !closed.has(hash))
    return !open && work.list().length === 0
  })
}

function endingsOf(history: History): Record<string, number> {
  const endings: Record<string, number> = {}
  for (const { entry } of [...history.chains.values()].flat()) {
    if (entry.type === 'Close') endings[entry.outcome] = (endings[entry.outcome] ?? 0) + 1
  }
  return endings
}
