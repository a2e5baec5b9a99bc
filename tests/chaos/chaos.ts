import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentKey } from '../../host/types/events.ts'
import type { HistoryLine } from '../harness/checker/history.ts'
import { Prng } from '../harness/sim/random.ts'
import { readChains, readReceipts } from './collect.ts'
import { drawFault, type Lengths, makeable } from './faults.ts'
import { type Load, longestLease, offerLoad } from './load.ts'
import { type ChaosOutcome, outcomeOf } from './outcome.ts'
import { keepRecord, type RunRecord } from './record.ts'
import { seconds } from './summary.ts'
import { waitingIn } from './waiting.ts'
import { faultsIn, World } from './world.ts'

/** The options of a run. */
export interface ChaosOptions {
  readonly tasks: number
  readonly kills: number
  readonly seed: number
  readonly peers: number
  /** Lease of every task, in milliseconds. */
  readonly lease_ms: number
  /** Tasks that are open at each peer at a time. */
  readonly open: number
  /** Length of an epoch, in milliseconds. */
  readonly epoch_ms: number
  readonly lengths: Lengths
  /** Names of faults that are left out, and of those that each happen at least once where the machine can make them. */
  readonly without: ReadonlySet<string>
  readonly sure: ReadonlySet<string>
  /** How long everything may take to end once the last fault is over, in milliseconds. */
  readonly quiet_ms: number
  /** When no more faults and tasks are begun, whatever their counts, in milliseconds from the start. */
  readonly most_ms: number
  /** Aborted when no more of them are to be begun from now on. */
  readonly enough: AbortSignal
  /** The folder for the record of the run and the logs of all peers; null: they are removed with the rest. */
  readonly logs: string | null
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Tasks that are posted ahead of their share of the kills, so that no fault meets an idle mesh. */
const STEP_AHEAD = 4
/** How many tasks the faults may be ahead of that, so that they meet a mesh that has not recovered as well. */
const FAULTS_AHEAD = 12
/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 10_000

/** Runs tasks over real peers while things go wrong, lets all of it end, and judges what happened. */
export async function chaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const begun = performance.now()
  const { seed, say, signal } = options
  const random = new Prng(seed)
  say(`seed ${seed}: ${options.peers} peers, ${options.tasks} tasks, ${options.kills} kills`)
  await using world = await World.open({ ...options, random: random.fork() })
  say(`peers are up after ${seconds(performance.now() - begun)}`)
  const late = () => options.enough.aborted || performance.now() - begun > options.most_ms
  const due = makeable(world, options.sure)
  const over = () => (world.killCount >= options.kills && due.size === 0) || late()
  const { load, ended } = offerLoad(world, {
    ...options,
    random: random.fork(),
    inStep: (posted) => over() || posted <= ahead(options, world.killCount),
    enough: late,
  })
  const progress = setInterval(() => say(tell(world, load)), PROGRESS_MS)
  try {
    await trouble(world, random.fork(), options, { load, over, due })
    say(`${world.killCount} kills are done; now everything may end`)
    await settle(world, ended, options)
  } finally {
    clearInterval(progress)
  }
  signal.throwIfAborted()
  say(tell(world, load))
  const record = await recordOf(world, load, { options, begun })
  if (options.logs !== null) await keepRecord(options.logs, record)
  return outcomeOf(record)
}

/** Stops everything in good order, and collects what is to be judged. */
async function recordOf(
  world: World,
  load: Load,
  { options, begun }: { readonly options: ChaosOptions; readonly begun: number },
): Promise<RunRecord> {
  const waiting = await waitingIn(world)
  const unclean = await world.stop()
  const left = await world.leftOver()
  const chains = await readChains(world)
  const history: RunRecord['history'] = {
    logs: [...world.logs, ...actsOf(load)],
    chains,
    opened: await readReceipts(world, chains),
    disturbances: [...world.disturbances, ...faultsIn(world.logs)],
    ahead_ms: new Map(),
    able: othersOf([...chains.keys()]),
    ended: true,
    waiting,
  }
  const told = {
    seed: options.seed,
    asked: {
      tasks: options.tasks,
      kills: options.kills,
      quiet_ms: options.quiet_ms,
      lease_ms: longestLease(options.lease_ms),
    },
    posted: load.posted,
    acknowledged: [...load.acknowledged.keys()],
    kills: Object.fromEntries(world.kills),
    restarts: world.restarts,
    again: Object.fromEntries(load.again),
    refused: Object.fromEntries(load.refused),
    defects: [...world.defects, ...unclean, ...left, ...world.torn()],
    wall_ms: Math.round(performance.now() - begun),
  }
  return { told, history, disturbances: world.disturbances }
}

/** Tasks that may have been posted by so many kills. */
function ahead({ tasks, kills }: ChaosOptions, done: number): number {
  return kills === 0 ? tasks : (tasks * done) / kills + STEP_AHEAD
}

/** Makes faults until there were enough kills and those that are due; mostly one at a time, sometimes two. */
async function trouble(
  world: World,
  random: Prng,
  options: ChaosOptions,
  { load, over, due }: { readonly load: Load; readonly over: () => boolean; readonly due: Set<string> },
): Promise<void> {
  const going = new Set<Promise<void>>()
  while (!over()) {
    world.signal.throwIfAborted()
    await sleep(random.int(...options.lengths.pause), undefined, { signal: world.signal })
    const most = random.chance(0.25) ? 2 : 1
    const inStep = load.posted >= Math.min(options.tasks, ahead(options, world.killCount) - FAULTS_AHEAD)
    if (going.size >= most || !inStep) continue
    const drawn = drawFault(world, random, { without: options.without, due })
    if (!drawn) continue
    const { fault, peer } = drawn
    due.delete(fault.name)
    options.say(`  ${fault.name}: ${peer.name}`)
    const made = fault.make(world, peer, random.fork(), options.lengths).catch((thrown: unknown) => {
      if (!world.signal.aborted) world.defects.push(`${fault.name} at ${peer.name}: ${String(thrown)}`)
    })
    going.add(made)
    void made.finally(() => going.delete(made))
  }
  await Promise.all(going)
}

/** Waits until every client has seen its last task closed, or the time for that is over. */
async function settle(world: World, ended: Promise<unknown>, { quiet_ms }: ChaosOptions): Promise<void> {
  const late = sleep(quiet_ms, undefined, { signal: world.signal })
  late.catch(() => {})
  await Promise.race([ended, late])
}

function tell(world: World, load: Load): string {
  const open =
    load.acknowledged.size - [...load.acknowledged.keys()].filter((task) => world.closed.has(task)).length
  return `${load.posted} posted, ${load.acknowledged.size} acknowledged, ${open} open, ${world.killCount} kills, up: ${world.peers
    .filter(({ up }) => up)
    .map(({ name }) => name)
    .join(' ')}`
}

/** Gives the clients' actions as lines of history: a killed daemon may not have written them. */
function* actsOf({ acknowledged, withdrawn }: Load): Generator<HistoryLine> {
  for (const [task, { key, peer, at }] of acknowledged) {
    const { agent } = peer
    yield { type: 'post_acknowledged', id: key, task, agent, at }
    const asked = withdrawn.get(task)
    if (asked !== undefined) yield { type: 'cancel_asked', task, agent, at: asked }
  }
}

/** All but itself, for each. */
function othersOf(agents: readonly AgentKey[]): Map<AgentKey, readonly AgentKey[]> {
  return new Map(agents.map((agent) => [agent, agents.filter((other) => other !== agent)]))
}
