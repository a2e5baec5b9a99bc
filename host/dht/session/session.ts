/** Connects to one run of the conductor and prepares its cells. */
import { rm } from 'node:fs/promises'
import {
  type AdminWebsocket,
  type AppInfo,
  type AppWebsocket,
  type CellId,
  decodeHashFromBase64,
  encodeHashToBase64,
  WsClient,
} from '@holochain/client'
import { epochAt, epochSeed, epochsToOpen, isPast } from '../../config/epoch.ts'
import { WITHOUT_DNA } from '../../processes/conductor.ts'
import { type AppWish, allCells, installApp, type RoleCell, roleCells } from '../app/install-app.ts'
import { reopenEpochs } from '../app/reopen-epochs.ts'
import { actionsAfter, headAfter, isWhole } from '../call/chain-dump.ts'
import { closeClient, connectAdmin, connectApp } from '../call/connect.ts'
import { CredentialsFile } from '../call/credentials.ts'
import { patchGrants } from '../call/patch-grants.ts'
import { PreparedCells } from '../call/prepare-cells.ts'
import { EPOCH_ROLE, type EpochCell, EpochCells, type EpochCellsNeeds } from '../epochs/epoch-cells.ts'
import { fetchKeptEpochs } from '../epochs/fetch-kept-epochs.ts'
import type { AgentKeyLock } from '../fork-guard/agent-key-lock.ts'
import type { Chain, ForkGuard } from '../fork-guard/fork-guard.ts'

/** The settings of a session. */
export interface SessionOptions {
  /** The origin that the conductor's admin interface accepts. */
  readonly origin: string
  readonly app: AppWish
  /** Path of the file with the signing credentials. */
  readonly signingFile: string
  /** Returns the current time, in milliseconds since 1970; it decides the epoch. */
  readonly now: () => number
  readonly ownKey: AgentKeyLock
  readonly guard: ForkGuard
  /** As `EpochCellsNeeds` has it. */
  readonly checkRoom: () => Promise<void>
  /**
   * Ends a conductor that cannot list its cells, because it has registered one without its DNA. That prevents its next
   * start from becoming ready, and so the list gets repaired.
   */
  readonly endUnlisted: () => Promise<void>
  /** Called for an epoch that is missed, because no peer hands it over. */
  readonly onMissed: (epoch: number, detail: string) => void
  /** Called with the error when the client could not read a signal. */
  readonly onBadSignal: (error: unknown) => void
}

/**
 * The role in which other peers' beats arrive. Its cell's `init` grants them access, so it comes first. Messages arrive in
 * the cells of the epochs.
 */
const HEARING_ROLE = 'agent_registry'

/** The daemon's connections to one run of the conductor. A restarted conductor needs a new session. */
export interface Session extends AsyncDisposable {
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly info: AppInfo
  /** The time of connecting, in milliseconds since 1970. */
  readonly since: number
  readonly cells: readonly RoleCell[]
  /** The open epochs, oldest first; each is ready. */
  readonly epochs: readonly EpochCell[]
  /** Prepares the cell for signed calls, as `PreparedCells` does. */
  ready(cell: CellId): Promise<CellId>
  /** Opens an epoch, as `EpochCells` does, and prepares its cell. */
  openEpoch(epoch: number): Promise<void>
  /** Leaves an epoch for ever. */
  leaveEpoch(epoch: number): Promise<void>
  /** Resolves when either connection is lost. */
  readonly closed: Promise<void>
}

/**
 * Connects to a conductor that is ready. Installs or finds the app, opens its interface and the current epoch, and prepares
 * the cells that receive from other peers. If the conductor has not run this hApp yet, all cells are prepared, so that
 * every zome is compiled then.
 *
 * Rejects with `RIPPLE_HAPP_MISMATCH`, `RIPPLE_GRANT_SHAPE`, `RIPPLE_KEY_IN_USE`, `RIPPLE_FILE_UNREADABLE`,
 * `RIPPLE_CONFIG_INVALID`, `RIPPLE_CHAIN_LOST`, `RIPPLE_CHAIN_BEHIND`, `RIPPLE_EPOCH_LEFT`, `RIPPLE_DISK_FULL`,
 * `RIPPLE_RESTORE_FAILED`. Rejects with the client's error when the conductor goes away or the signal is aborted;
 * installing and fetching chains take minutes.
 */
export async function connectSession(
  adminPort: number,
  options: SessionOptions,
  signal: AbortSignal,
): Promise<Session> {
  const opened: WsClient[] = []
  const close = async () => {
    for (const client of opened.reverse()) await closeClient(client)
  }
  // A closing handshake would wait for the conductor.
  const interrupt = () => {
    for (const { socket } of opened) socket.terminate()
  }
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    const admin = await connectAdmin(adminPort, options.origin)
    opened.push(admin.client)
    signal.throwIfAborted()
    patchGrants(admin)
    const installed = await installApp(admin, options.app)
    await options.ownKey.use(encodeHashToBase64(installed.info.agent_pub_key))
    const app = await connectApp(admin, installed.info.installed_app_id)
    if (app.client instanceof WsClient) {
      opened.push(app.client)
      guardSignals(app.client, options.onBadSignal)
    }
    const { checkRoom, ownKey } = options
    const { start } = installed
    const reopening = { admin, app, info: installed.info, start, checkRoom }
    const info =
      installed.chains === 'here'
        ? await reopenEpochs(reopening, ownKey.book.ofRole(EPOCH_ROLE), options.app)
        : installed.info
    await guardChains(admin, info, installed.fresh, options)
    const restored = installed.chains === 'peers'
    const { cells, epochs, prepared } = await prepareCells(
      { admin, app, info, start, restored },
      options,
      signal,
    )
    return {
      admin,
      app,
      info,
      since: options.now(),
      cells,
      get epochs() {
        return epochs.list
      },
      ready: (cell) => prepared.ready(cell),
      openEpoch: async (epoch) => {
        const { cell } = await epochs.open(epoch).catch(async (error) => {
          if (WITHOUT_DNA.test(String(error))) await options.endUnlisted()
          throw error
        })
        await prepared.ready(cell)
      },
      leaveEpoch: (epoch) => epochs.leave(epoch),
      closed: Promise.race(opened.map(whenClosed)),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    if (WITHOUT_DNA.test(String(error))) await options.endUnlisted()
    throw error
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
}

/** Opens the epochs, and prepares the cells that receive from other peers for signed calls. */
async function prepareCells(
  connected: Pick<EpochCellsNeeds, 'admin' | 'app' | 'info' | 'start'> & { readonly restored: boolean },
  options: SessionOptions,
  signal: AbortSignal,
): Promise<{ cells: readonly RoleCell[]; epochs: EpochCells; prepared: PreparedCells }> {
  const { admin, app, info, start, restored } = connected
  const cells = roleCells(info)
  const credentials = await CredentialsFile.read(options.signingFile)
  const refuseUnsound = () => options.guard.refuseUnsound()
  const mayWrite = (cell: CellId) => options.guard.allowGrants(encodeHashToBase64(cell[0]), signal)
  const wrote = (cell: CellId) => options.guard.noteHead(encodeHashToBase64(cell[0]))
  const appId = info.installed_app_id
  const prepared = new PreparedCells({ appId, admin, app, credentials, refuseUnsound, mayWrite, wrote })
  const onMade = (cell: CellId) => credentials.forget(cell)
  const epochs = await openEpochs({ admin, app, info, start, onMade }, prepared, { ...options, restored })
  if (restored) await rm(options.app.restoreFile, { force: true })
  const { happ, lastRun } = options.app
  const first = lastRun === happ.sha256 ? [HEARING_ROLE] : cells.map(({ role }) => role)
  for (const { role, cell } of cells)
    if (first.includes(role) && role !== EPOCH_ROLE) await prepared.readyWhenWhole(cell)
  const inUse = [...cells, ...epochs.list, ...(await leftCells(admin))]
  await credentials.keepOnly(inUse.map(({ cell }) => cell))
  return { cells, epochs, prepared }
}

/** Returns the cells of left sessions. Their credentials must stay, because new ones would be written to their chains. */
async function leftCells(admin: AdminWebsocket): Promise<readonly RoleCell[]> {
  const apps = await admin.listApps({})
  return apps.filter(({ status }) => status.type === 'disabled').flatMap(allCells)
}

/** Begins to compare all chains of the app, those of the epochs included, with their remembered heads. */
async function guardChains(
  admin: AdminWebsocket,
  info: AppInfo,
  fresh: boolean,
  { app: { seed, epoch: rules }, guard, now }: SessionOptions,
): Promise<void> {
  const own = (dna: string): CellId => [decodeHashFromBase64(dna), info.agent_pub_key]
  const here = allCells(info).map((one): Chain => {
    return { role: one.role, seed: one.seed, dna: encodeHashToBase64(one.cell[0]), fresh }
  })
  const due = epochsToOpen(now(), rules).map((epoch) => epochSeed(seed, epoch))
  await guard.begin(here, due, {
    headAfter: (dna, from) => headAfter(admin, own(dna), from),
    reaches: async (dna, seq) => (await actionsAfter(admin, own(dna), seq - 1, 1))?.length === 1,
    isWhole: (dna) => isWhole(admin, own(dna)),
  })
}

/**
 * Finds the open epochs. If all of them are past, opens the current epoch: the peers have left a past one, so it cannot
 * take new tasks. If an epoch is open and the current chain must be fetched first, opening can wait: nothing is written
 * until it is here. If all chains came from the peers, the kept epochs are fetched before anything else.
 */
async function openEpochs(
  connected: Pick<EpochCellsNeeds, 'admin' | 'app' | 'info' | 'start' | 'onMade'>,
  prepared: PreparedCells,
  { app, guard, checkRoom, now, restored, onMissed }: SessionOptions & { readonly restored: boolean },
): Promise<EpochCells> {
  const { seed, epoch: rules, happ, leftEpochsFile: leftFile } = app
  const needs = { ...connected, seed, rules, happ: happ.file, leftFile, guard, checkRoom }
  const epochs = await EpochCells.read(needs)
  const today = epochAt(now(), rules)
  const none = epochs.list.every(({ epoch }) => isPast(epoch, now(), rules))
  const fetched = epochs.list.length > 0 && guard.written(EPOCH_ROLE, epochSeed(seed, today)).length > 0
  if (none && !fetched) await epochs.open(today)
  if (restored) await fetchKeptEpochs(epochs, now(), { seed, rules, guard, onMissed })
  for (const { cell } of epochs.list) await prepared.readyWhenWhole(cell)
  return epochs
}

/**
 * Passes the client's errors on unknown signals to `onBadSignal`. The client throws inside its message handler, where no
 * caller could catch the error.
 */
function guardSignals(client: WsClient, onBadSignal: (error: unknown) => void): void {
  const { socket } = client
  const handle = socket.onmessage
  socket.onmessage = async (event: Parameters<NonNullable<typeof handle>>[0]) => {
    try {
      await handle?.call(socket, event)
    } catch (error) {
      onBadSignal(error)
    }
  }
}

function whenClosed(client: WsClient): Promise<void> {
  const { socket } = client
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) resolve()
    else socket.addEventListener('close', () => resolve(), { once: true })
  })
}
