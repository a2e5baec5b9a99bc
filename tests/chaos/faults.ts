import { setTimeout as sleep } from 'node:timers/promises'
import { conductorStartsMs } from '../../host/processes/conductor.ts'
import { send } from '../../host/processes/left-over.ts'
import { failpoints } from '../../host/work/context/failpoints.ts'
import type { Prng } from '../harness/sim/random.ts'
import type { Peer } from './peer.ts'
import type { World } from './world.ts'

/** How long faults last, in milliseconds. */
export interface Lengths {
  readonly frozen: readonly [number, number]
  readonly partition: readonly [number, number]
  readonly diskFull: readonly [number, number]
  readonly drained: readonly [number, number]
  /** Pause between two faults. */
  readonly pause: readonly [number, number]
}

/** One kind of trouble. */
export interface Fault {
  readonly name: string
  /** The weight of the fault in a draw. */
  readonly weight: number
  /** The machines that the fault may hit now. */
  readonly victims: (world: World) => readonly Peer[]
  /** Makes it, and resolves when the peer is itself again. */
  readonly make: (world: World, peer: Peer, random: Prng, lengths: Lengths) => Promise<void>
}

const anyone = (world: World) => world.calm
const withConductor = (world: World) => world.calm.filter(({ conductorPid }) => conductorPid !== null)
const withEngine = (world: World) => atWork(world).filter(({ enginePid }) => enginePid !== null)

/** Peers in whose engine something runs, or else anyone: a kill in mid-answer is worth more. */
function atWork(world: World): readonly Peer[] {
  const busy = world.calm.filter(({ agent }) => [...world.running.values()].includes(agent))
  return busy.length > 0 ? busy : world.calm
}

/** All that goes wrong in a run. */
export const faults: readonly Fault[] = [
  {
    name: 'daemon',
    weight: 22,
    victims: atWork,
    make: (world, peer, random) => killDaemon(world, [peer], random),
  },
  { name: 'fail point', weight: 22, victims: anyone, make: killAtFailpoint },
  { name: 'machine', weight: 6, victims: atWork, make: killMachine },
  {
    name: 'all daemons',
    weight: 2,
    victims: everyone,
    make: (world, _peer, random) => killDaemon(world, world.peers, random),
  },
  { name: 'conductor', weight: 20, victims: withConductor, make: killConductor },
  { name: 'engine', weight: 22, victims: withEngine, make: killEngine },
  { name: 'frozen', weight: 5, victims: atWork, make: freeze },
  { name: 'partition', weight: 5, victims: (world) => (world.lan ? world.calm : []), make: cutOff },
  { name: 'disk full', weight: 3, victims: onSmallDisk, make: fillDisk },
  { name: 'drain', weight: 5, victims: atWork, make: drain },
]

/** Those of these faults, by name, that this machine can make. */
export function makeable({ lan, disk }: Pick<World, 'lan' | 'disk'>, names: Iterable<string>): Set<string> {
  const impossible = [...(lan ? [] : ['partition']), ...(disk ? [] : ['disk full'])]
  return new Set([...names].filter((name) => !impossible.includes(name)))
}

/**
 * Draws a fault that can happen now, and the machine that it hits; null if no machine can be hit. A fault that is due
 * comes first if it can happen.
 */
export function drawFault(
  world: World,
  random: Prng,
  { without, due }: { readonly without: ReadonlySet<string>; readonly due: ReadonlySet<string> },
): { fault: Fault; peer: Peer } | null {
  const all = faults
    .filter(({ name }) => !without.has(name))
    .map((fault) => ({ fault, victims: fault.victims(world) }))
    .filter((one) => one.victims.length > 0)
  const first = all.filter(({ fault }) => due.has(fault.name))
  const possible = first.length > 0 ? first : all
  let left = random.int(
    1,
    Math.max(
      1,
      possible.reduce((sum, { fault }) => sum + fault.weight, 0),
    ),
  )
  for (const { fault, victims } of possible) {
    left -= fault.weight
    if (left <= 0) return { fault, peer: random.pick(victims) }
  }
  return null
}

function everyone(world: World): readonly Peer[] {
  return world.calm.length === world.peers.length ? world.calm : []
}

function onSmallDisk(world: World): readonly Peer[] {
  return world.calm.filter((peer) => peer === world.diskPeer)
}

async function killDaemon(world: World, peers: readonly Peer[], random: Prng): Promise<void> {
  const pauses = peers.map(() => random.int(0, 1_500))
  await world.disturb(peers, 'kill', async () => {
    await Promise.all(
      peers.map(async (peer, index) => {
        await kill(world, peer)
        await pause(world, pauses[index] ?? 0)
        await world.revive(peer)
      }),
    )
  })
}

async function kill(world: World, peer: Peer): Promise<void> {
  const at = Date.now()
  if ((await peer.kill()) === null) return
  world.fault('kill', [peer], at)
  world.killed('daemon')
}

/** Ends a daemon and starts it so that it dies at a place in the life of a task; that may be long after. */
async function killAtFailpoint(world: World, peer: Peer, random: Prng): Promise<void> {
  const point = random.pick(failpoints)
  const passes = point === 'run.mid' ? random.int(2, 40) : random.int(1, 2)
  await world.disturb([peer], 'kill', async () => {
    await kill(world, peer)
    await world.revive(peer, `${point}@${passes}`)
  })
}

/** The daemon and all that belongs to it, as when the power fails. */
async function killMachine(world: World, peer: Peer, random: Prng): Promise<void> {
  const rest = random.int(0, 1_500)
  await world.disturb([peer], 'kill', async () => {
    const [conductor, engine] = [peer.conductorPid, peer.enginePid]
    const killed = kill(world, peer)
    for (const [what, pid] of [
      ['conductor', conductor],
      ['engine', engine],
    ] as const) {
      if (pid === null) continue
      send(pid, 'SIGKILL')
      world.killed(what)
    }
    await killed
    await pause(world, rest)
    await world.revive(peer)
  })
}

async function killConductor(world: World, peer: Peer): Promise<void> {
  const pid = peer.conductorPid
  if (pid === null) return
  await world.disturb([peer], 'conductor', async () => {
    world.fault('conductor', [peer])
    world.killed('conductor')
    send(pid, 'SIGKILL')
    await pause(world, 500)
    await untilItself(world, peer)
  })
}

/**
 * A peer is itself again when its conductor answers and may be written to: one whose disk was full is stopped first. Rejects
 * after the time that a conductor's start may take, which is a defect of the run.
 */
async function untilItself(world: World, peer: Peer): Promise<void> {
  type Now = { conductor: { state: string }; writes: { state: string } }
  const deadline = performance.now() + conductorStartsMs
  while (peer.up) {
    if (performance.now() > deadline)
      throw new Error(`its conductor was not back within ${conductorStartsMs} ms`)
    const now = await peer.call<Now>('status', {}, 5_000).catch(() => null)
    if (now?.conductor.state === 'ready' && now.writes.state !== 'refused') return
    await pause(world, 500)
  }
}

async function killEngine(world: World, peer: Peer): Promise<void> {
  const pid = peer.enginePid
  if (pid === null) return
  world.fault('engine', [peer])
  world.killed('engine')
  send(pid, 'SIGKILL')
}

async function freeze(world: World, peer: Peer, random: Prng, lengths: Lengths): Promise<void> {
  const [which, ms] = [random.next(), random.int(...lengths.frozen)]
  const pids = [which < 0.8 ? peer.pid : null, which > 0.4 ? peer.conductorPid : null].filter(
    (pid) => pid !== null,
  )
  await world.disturb([peer], 'frozen', async () => {
    world.fault('frozen', [peer])
    for (const pid of pids) send(pid, 'SIGSTOP')
    try {
      await pause(world, ms)
    } finally {
      for (const pid of pids) send(pid, 'SIGCONT')
    }
  })
}

async function cutOff(world: World, peer: Peer, random: Prng, lengths: Lengths): Promise<void> {
  const ms = random.int(...lengths.partition)
  await world.disturb([peer], 'partition', async () => {
    world.fault('partition', [peer])
    world.lan?.plug(peer.place.index, false)
    try {
      await pause(world, ms)
    } finally {
      world.lan?.plug(peer.place.index, true)
    }
  })
}

async function fillDisk(world: World, peer: Peer, random: Prng, lengths: Lengths): Promise<void> {
  const ms = random.int(...lengths.diskFull)
  await world.disturb([peer], 'disk_full', async () => {
    world.fault('disk_full', [peer])
    world.disk?.fill()
    try {
      await pause(world, ms)
    } finally {
      world.disk?.free()
    }
    // A conductor that could write nothing may have ended.
    await untilItself(world, peer)
  })
}

/** The peer takes no new work for a while, as its owner may want it to, and then does again. */
async function drain(world: World, peer: Peer, random: Prng, lengths: Lengths): Promise<void> {
  const ms = random.int(...lengths.drained)
  const ask = (off: boolean) =>
    peer.call('drain', { off }, 5_000).then(
      () => true,
      () => false,
    )
  await world.disturb([peer], 'drain', async () => {
    await ask(false)
    await pause(world, ms)
    // A fail point may have killed it meanwhile.
    while (!(await ask(true))) await pause(world, 500)
  })
}

/** Waits, but no longer than the run. */
async function pause(world: World, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: world.signal })
}
