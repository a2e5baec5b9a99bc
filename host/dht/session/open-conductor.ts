/** Opens a conductor: starts it, connects to it, and joins the network. */
import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CellId, decodeHashFromBase64, encodeHashToBase64 } from '@holochain/client'
import type { ZomeCall } from '../../../zomes-bindings/index.ts'
import { type EpochRules, epochAt, epochOfSeed } from '../../config/epoch.ts'
import type { Gossip } from '../../config/network.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { type ConductorReady, databasesIn, runConductor } from '../../processes/conductor.ts'
import { SYNC_EVERY_MS } from '../../processes/conductor-config.ts'
import { randomOrigin } from '../../processes/origin.ts'
import type { ChildEvent, Supervised } from '../../processes/supervisor.ts'
import type { EventOf } from '../../telemetry/catalogue.ts'
import type { Cell } from '../../types/cell.ts'
import type { ActionHash, AgentKey, DnaHash } from '../../types/events.ts'
import { type HappFiles, readHapp } from '../app/happ.ts'
import { type AppWish, appName } from '../app/install-app.ts'
import { markNetwork } from '../app/network-mark.ts'
import { actionsAfter, type ChainAction } from '../call/chain-dump.ts'
import { FullDisk } from '../call/full-disk.ts'
import type { PeerSignal } from '../call/signals.ts'
import { EPOCH_ROLE } from '../epochs/epoch-cells.ts'
import { EpochDht } from '../epochs/epoch-dht.ts'
import { AgentKeyLock } from '../fork-guard/agent-key-lock.ts'
import type { ChainHeadStore } from '../fork-guard/chain-head-store.ts'
import { ForkGuard } from '../fork-guard/fork-guard.ts'
import type { Membership } from '../membership.ts'
import { chainsOf, readRestore } from '../recovery/restore-chains.ts'
import { setAside, setDnasAside } from '../recovery/set-aside.ts'
import { learnInfos, type OwnInfos, ownInfos } from './agent-infos.ts'
import { cellCaller } from './call-cell.ts'
import { Epochs } from './epochs.ts'
import { openFirstLink } from './first-link.ts'
import { type GossipProgress, gossipProgress } from './gossip-progress.ts'
import type { Link, LinkEvent } from './link.ts'
import { isElsewhere, namedAgents, pathTo } from './named-agents.ts'
import type { Session } from './session.ts'

/** The settings of a conductor to open. */
export interface OpenConductorOptions {
  /** Path of the `holochain` program, whose version was checked. */
  readonly program: string
  readonly version: string
  /** The conductor's part of the data folder. */
  readonly folder: string
  readonly passphraseFile: string
  readonly signingFile: string
  /** Path of the file that names the data folder's network. */
  readonly networkFile: string
  readonly logFile: string
  /** Folder of the books with the heads of this user's chains, outside of any data folder. */
  readonly headsFolder: string
  readonly happ: HappFiles
  readonly network: {
    readonly name: string
    readonly seed: string
    readonly persistence: 'permanent' | 'prune' | 'session'
    readonly conductorUrl: string
    readonly gossip: Gossip
    readonly epoch: EpochRules
  }
  /** The membership of a private network; null for an open one. */
  readonly membership: Membership | null
  /** Returns the current time, in milliseconds since 1970. */
  readonly now: () => number
  readonly onEvent: (event: ConductorEvent) => void
}

/** An event of the conductor, its connection or the chain head store. */
export type ConductorEvent =
  | ChildEvent
  | LinkEvent
  | EventOf<'head_unnoted' | 'chains_restoring' | 'epoch_missed' | 'cells_set_aside'>

/** The state of a conductor. */
export interface ConductorStatus {
  readonly version: string
  /** `ready`, `connecting` (it runs, and the daemon connects to it) or `down` (it is being restarted). */
  readonly state: 'ready' | 'connecting' | 'down'
  readonly pid: number | null
  readonly log: string
}

/** Connections to other conductors. */
export interface NetworkStats {
  readonly connections: number
  /** Connections without a relay. */
  readonly direct: number
}

/** A running conductor with its connection. After a crash everything is rebuilt. */
export interface ConductorHandle extends AsyncDisposable {
  /** The `resource_mesh` of all open epochs. */
  readonly dht: EpochDht
  readonly epochs: Epochs
  readonly agent: AgentKey
  readonly logFile: string
  /** Returns the cells of the app, those of the open epochs included; without a connection those of the last one. */
  cells(): readonly Cell[]
  /**
   * Calls the cell of a role; the epochs' cells are called through `dht`. Rejects as `callWithRetry` does, and a write with
   * `RIPPLE_CHAIN_BEHIND`.
   */
  readonly call: ZomeCall
  /**
   * Sends bytes to a peer's daemon through its conductor, in any epoch in which the peer is reached. Rejects with
   * `RIPPLE_PEER_UNREACHABLE`.
   */
  passOn(to: AgentKey, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** Decides which of the own chains may be written to. */
  readonly guard: ForkGuard
  /**
   * Returns the actions that follow `after` on any agent's chain, as far as this machine holds it: at most `limit`. `after`
   * is an action or a place; null is the chain's beginning. Returns null if this machine does not hold that action, or is
   * not in that DNA's network. Rejects with `RIPPLE_CONDUCTOR_DOWN`, or as the client does.
   */
  chainOf(
    agent: AgentKey,
    dna: DnaHash,
    after: ActionHash | number | null,
    limit: number,
  ): Promise<ChainAction[] | null>
  onSignal(handler: (signal: PeerSignal) => void): () => void
  /** Calls back when a lost conductor is back. Signals may have been missed, so query. */
  onRestored(handler: () => void): () => void
  /** Returns a signal that aborts when the current conductor goes, as `Link.lost` does. */
  lost(): AbortSignal
  /**
   * Returns the agents that the network names now, as `namedAgents` does. Rejects with `RIPPLE_CONDUCTOR_DOWN`, or as the
   * client does.
   */
  agents(): Promise<AgentKey[]>
  /** Returns this machine's agent infos, as `ownInfos` does. Rejects as `agents` does. */
  ownInfos(): Promise<OwnInfos>
  /** Takes in agent infos that other machines sent, as `learnInfos` does. Rejects as `agents` does. */
  learnInfos(infos: readonly string[]): Promise<void>
  /**
   * Whether this machine's agent has appeared from another conductor since the connection to this one began. Rejects with
   * `RIPPLE_CONDUCTOR_DOWN`, or as the client does.
   */
  elsewhere(): Promise<boolean>
  status(): ConductorStatus
  /** Rejects with `RIPPLE_CONDUCTOR_DOWN`, or as the client does. */
  networkStats(): Promise<NetworkStats>
  /** Returns how this conductor is connected to another agent's one, as `pathTo` does. Rejects as `networkStats` does. */
  pathTo(agent: AgentKey): Promise<'direct' | 'relayed' | 'none' | null>
  /** Sums up the comparisons of data with other conductors. Rejects as `networkStats` does. */
  gossip(): Promise<GossipProgress>
}

/**
 * Starts the conductor of a data folder and joins the network. Rejects with `RIPPLE_DATA_OTHER_NETWORK`, with
 * `RIPPLE_CONDUCTOR_DOWN` when the conductor dies again and again, or as `runConductor` and `connectSession` do. Errors of
 * the client become `RIPPLE_CONDUCTOR_START`. Nothing is left running after an error.
 */
export async function openConductor(
  options: OpenConductorOptions,
  signal: AbortSignal,
): Promise<ConductorHandle> {
  const happ = await readHapp(options.happ)
  await markNetwork(options.networkFile, options.network.name)
  await using stack = new AsyncDisposableStack()
  const ownKey = stack.use(await AgentKeyLock.open(options.headsFolder, join(options.folder, 'agent')))
  const onUnnoted = (error: unknown) =>
    options.onEvent({ type: 'head_unnoted', detail: toRippleError(error).message })
  const guard = stack.use(new ForkGuard(() => ownKey.book, onUnnoted))
  const keeping = { ownKey, guard }
  // This file names the hApp whose zomes this conductor has compiled. The conductor's database keeps them across sessions.
  const compiledFile = join(options.folder, 'compiled-happ')
  const app: AppWish = {
    happ,
    lastRun: await readFile(compiledFile, 'utf8').catch(() => ''),
    seed: options.network.seed,
    dropOthers: options.network.persistence !== 'permanent',
    epoch: options.network.epoch,
    membership: options.membership,
    leftFile: join(options.folder, 'left-apps'),
    leftEpochsFile: join(options.folder, 'left-epochs'),
    lastAppFile: join(options.folder, 'app'),
    restoreFile: join(options.folder, 'restore'),
    databases: databasesIn(options.folder),
  }
  const note = await readRestore(app.restoreFile)
  if (chainsOf(note, appName(app)) === 'peers') options.onEvent({ type: 'chains_restoring' })
  const first = stack.use(await start(options, app, keeping, signal))
  if (app.lastRun === happ.sha256) return handle(options, first, guard, stack.move())
  // Compiling the zomes leaves the conductor with some 900 MiB that it never frees; a new one needs half of that.
  await first[Symbol.asyncDispose]()
  await writeFile(compiledFile, happ.sha256, { mode: 0o600 })
  const second = stack.use(await start(options, { ...app, lastRun: happ.sha256 }, keeping, signal))
  return handle(options, second, guard, stack.move())
}

/** A running conductor and the link with it. */
interface Started extends AsyncDisposable {
  readonly running: Supervised<ConductorReady>
  readonly disk: FullDisk
  readonly link: Link
}

/** The parts that outlive the runs of a conductor. */
interface Keeping {
  readonly ownKey: AgentKeyLock
  readonly guard: ForkGuard
}

async function start(
  options: OpenConductorOptions,
  app: AppWish,
  keeping: Keeping,
  signal: AbortSignal,
): Promise<Started> {
  await using opening = new AsyncDisposableStack()
  const { folder, network, signingFile, onEvent } = options
  const origin = randomOrigin()
  const settings = {
    folder,
    url: network.conductorUrl,
    adminPort: null,
    origin,
    gossip: network.gossip,
    syncEveryMs: randomInt(SYNC_EVERY_MS.min, SYNC_EVERY_MS.max),
  }
  let disk: FullDisk | null = null
  const onFullDisk = () => disk?.found()
  const setCellsAside = async (lost: readonly string[]) => {
    // This comes first, because the next start would take an empty database for a chain that was never begun.
    await setDnasAside(folder, lost)
    for (const dna of lost) refuseLost(dna, keeping.ownKey.book, network.seed)
    const { aside } = await setAside(folder, 'cells')
    onEvent({ type: 'cells_set_aside', aside })
  }
  const running = opening.use(
    await runConductor(
      {
        ...options,
        settings,
        onFullDisk,
        setCellsAside,
      },
      signal,
    ),
  )
  const { guard } = keeping
  disk = opening.use(
    new FullDisk({
      folder,
      current: () => running.current(),
      pause: (reason) => guard.pause(reason),
    }),
  )
  const checkRoom = async () => disk?.check()
  const endUnlisted = async () => running.current()?.stop()
  const onMissed = (epoch: number, detail: string) => onEvent({ type: 'epoch_missed', epoch, detail })
  const calls = { checkRoom, endUnlisted, onMissed }
  const session = { origin, app, signingFile, now: options.now, ...keeping, ...calls }
  // Connecting may compile for minutes; without its conductor it fails at once.
  const interrupt = () => void running[Symbol.asyncDispose]()
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    const link = opening.use(await openFirstLink(running, { session, onEvent }, signal))
    const stack = opening.move()
    return { running, disk, link, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    if (signal.aborted) throw new RippleError('RIPPLE_INTERRUPTED')
    if (error instanceof RippleError) throw error
    throw new RippleError('RIPPLE_CONDUCTOR_START', { detail: String(error) }, { cause: error })
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
}

/** Throws `RIPPLE_CHAIN_LOST` for a written chain that no guest can fetch, because it belongs to no epoch. */
function refuseLost(dna: DnaHash, book: ChainHeadStore, seed: string): void {
  const epochs = book.ofRole(EPOCH_ROLE).filter((chain) => epochOfSeed(seed, chain.seed) !== null)
  if (book.get(dna) !== null && !epochs.some((chain) => chain.dna === dna))
    throw new RippleError('RIPPLE_CHAIN_LOST', { dna })
}

function handle(
  options: OpenConductorOptions,
  { running, disk, link }: Started,
  guard: ForkGuard,
  stack: AsyncDisposableStack,
): ConductorHandle {
  const agent = encodeHashToBase64(link.session.info.agent_pub_key)
  const callCell = cellCaller(link, guard, disk, () => void running.current()?.stop())
  const epochs = new Epochs(link, agent, callCell, disk)
  let cells = cellsOf(link.session)
  const now = () => epochAt(options.now(), options.network.epoch)
  const dht = new EpochDht({ agent, open: () => epochs.list, now })
  return {
    dht,
    epochs,
    agent,
    logFile: options.logFile,
    cells: () => {
      if (link.connected) cells = cellsOf(link.session)
      return cells
    },
    call: (role, ...call) => callCell({ key: role, find: (session) => cellOf(session, role) }, role, ...call),
    passOn: (to, bytes, signal) => epochs.passOn(to, bytes, dht.dnaHash, signal),
    guard,
    chainOf: async (author, dna, after, limit) => {
      const { admin, cells, epochs: open } = link.session
      const known = [...cells, ...open].some(({ cell }) => encodeHashToBase64(cell[0]) === dna)
      if (!known) return null
      return actionsAfter(admin, [decodeHashFromBase64(dna), decodeHashFromBase64(author)], after, limit)
    },
    onSignal: (handler) => link.onSignal(handler),
    onRestored: (handler) => link.onRestored(handler),
    lost: () => link.lost,
    agents: async () => namedAgents(link.session.admin, link.cell('agent_registry')[0]),
    ownInfos: async () => ownInfos(link.session.admin, agent),
    learnInfos: async (infos) => {
      const { admin, cells, epochs: open } = link.session
      const dnas = [...cells, ...open].map(({ cell }) => cell[0])
      return learnInfos(admin, dnas, infos)
    },
    elsewhere: () => elsewhere(link, agent),
    status: () => statusOf(options, running, link),
    networkStats: () => networkStats(link),
    pathTo: (other) => pathOf(link, other),
    gossip: async () =>
      gossipProgress(await link.session.admin.dumpNetworkMetrics({ include_dht_summary: false })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function cellsOf({ cells, epochs }: Session): readonly Cell[] {
  const known = [...cells, ...epochs.map(({ cell }) => ({ role: EPOCH_ROLE, cell }))]
  return known.map(({ role, cell }) => ({ role, dna: encodeHashToBase64(cell[0]) }))
}

function cellOf({ cells }: Session, role: string): CellId {
  const found = cells.find((one) => one.role === role)
  if (!found) throw new RippleError('RIPPLE_INTERNAL', { detail: `no role '${role}'` })
  return found.cell
}

function statusOf(
  options: OpenConductorOptions,
  running: Supervised<ConductorReady>,
  link: Link,
): ConductorStatus {
  const pid = running.current()?.pid ?? null
  const up = link.connected ? 'ready' : 'connecting'
  return { version: options.version, state: pid === null ? 'down' : up, pid, log: options.logFile }
}

async function elsewhere(link: Link, agent: AgentKey): Promise<boolean> {
  const { admin, since } = link.session
  const infos = await admin.agentInfo({ dna_hashes: [link.cell('agent_registry')[0]] })
  const { transport_stats } = await admin.dumpNetworkStats()
  return isElsewhere(infos, agent, transport_stats.peer_urls, since)
}

async function pathOf(link: Link, agent: AgentKey): Promise<'direct' | 'relayed' | 'none' | null> {
  const { admin } = link.session
  const infos = await admin.agentInfo({ dna_hashes: [link.cell('agent_registry')[0]] })
  const { transport_stats } = await admin.dumpNetworkStats()
  return pathTo(infos, agent, transport_stats.connections, Date.now())
}

async function networkStats(link: Link): Promise<NetworkStats> {
  const { transport_stats } = await link.session.admin.dumpNetworkStats()
  const { connections } = transport_stats
  return { connections: connections.length, direct: connections.filter((one) => one.is_direct).length }
}
