/** Installs the network's app in the conductor, and keeps or removes the apps of other sessions. */
import { readFile, rm } from 'node:fs/promises'
import {
  type AdminWebsocket,
  type AgentPubKey,
  type AppInfo,
  type CellId,
  CellType,
  decodeHashFromBase64,
} from '@holochain/client'
import type { EpochRules } from '../../config/epoch.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import { WITHOUT_GENESIS } from '../../processes/conductor.ts'
import { clonesOf, EPOCH_ROLE } from '../epochs/epoch-cells.ts'
import { type CellStart, cellStart, type Membership, roleSettings } from '../membership.ts'
import { dropGuests, isGuest } from '../recovery/guest-app.ts'
import {
  chainsOf,
  installRestored,
  type RestoreNote,
  readRestore,
  whenRestored,
} from '../recovery/restore-chains.ts'
import type { Happ } from './happ.ts'
import { updateCoordinators } from './update-coordinators.ts'

/** The most left sessions whose app is kept, so that this machine can join them again with its old key and chain. */
const LEFT_APPS_KEPT_MAX = 4

/** The conductor's words (Holochain 0.7.1) for a proof that a DNA's `genesis_self_check` refuses. */
const REFUSED_BY_MEMBRANE = /genesis/i

/** The app that a conductor should run, and the files that its installation reads and writes. */
export interface AppWish {
  readonly happ: Happ
  readonly seed: string
  readonly epoch: EpochRules
  /** The membership of a private network; null for an open one. */
  readonly membership: Membership | null
  /** Whether apps of other sessions are left. */
  readonly dropOthers: boolean
  /** sha256 of the hApp that this conductor ran last; empty if it ran none. */
  readonly lastRun: string
  /** Path of the list of apps that this conductor has left. */
  readonly leftFile: string
  /** Path of the list of epochs that were left. */
  readonly leftEpochsFile: string
  /** Path of the file that names the app that this conductor ran last. */
  readonly lastAppFile: string
  /** Folder with one database per chain. */
  readonly databases: string
  /** Path of the note that names a restored key, its app and the source of its chains, after databases were set aside. */
  readonly restoreFile: string
}

/** An app that is enabled. */
export interface InstalledApp {
  readonly info: AppInfo
  /** Whether this call installed it, so that its chains begin with this run. */
  readonly fresh: boolean
  /**
   * The source of its chains, after databases were set aside and until its epochs are open again. `here` if only the
   * conductor's list of cells was set aside; null if nothing was.
   */
  readonly chains: RestoreNote['from'] | null
  /** The start of each further cell of the app. */
  readonly start: CellStart
}

/** A cell and its role. */
export interface RoleCell {
  readonly role: string
  readonly cell: CellId
}

/** Returns the app's name in the conductor: one name for each seed, founder and set of DNAs. */
export function appName({ seed, happ, membership }: Pick<AppWish, 'happ' | 'seed' | 'membership'>): string {
  const founder = membership === null ? '' : `.${membership.membrane.founder.slice(0, 16)}`
  return `${seed}.${happ.identity}${founder}`
}

/**
 * Finds the network's app in the conductor, or installs it. When this resolves, the app is enabled and runs the hApp's own
 * coordinator zomes, even if it was installed with older ones.
 *
 * The agent's key stays the same over the sessions of a conductor. The app of a session that was left is kept for a while,
 * disabled, so that a machine that joins it again uses its old chain. A session whose app was removed gets a new key
 * instead: the old key has a chain there, and a second chain would be a fork.
 *
 * Chains to restore are fetched only if they are this app's. If only the conductor's list of cells is missing, each cell
 * finds its genesis done and continues from its head.
 *
 * Rejects with `RIPPLE_HAPP_MISMATCH` when the conductor refuses the hApp or gives it other roles. In a private network,
 * rejects as `Membership.proofOf` does, and with `RIPPLE_NOT_MEMBER` when the membrane refuses the proof. Rejects with
 * `RIPPLE_RESTORE_FAILED` when its chains do not come from the peers. Rejects with `RIPPLE_CHAIN_LOST` if a cell has no
 * chain, and as the client does.
 */
export async function installApp(admin: AdminWebsocket, wish: AppWish): Promise<InstalledApp> {
  const id = appName(wish)
  const note = await readRestore(wish.restoreFile)
  const chains = chainsOf(note, id)
  // An epoch's only database may be a guest's, if its cell is not listed. Removing the guest would delete the database.
  if (chains !== 'here') await dropGuests(admin)
  const apps = (await admin.listApps({})).filter((app) => !isGuest(app.installed_app_id))
  const found = apps.find((app) => app.installed_app_id === id)
  // This comes before the installation. An app that is not noted would begin again after a loss, and that would be a fork.
  await writeAtomic(wish.lastAppFile, `${id}\n`)
  const app = await findOrInstall(admin, wish, { id, found, apps, note })
  if (wish.dropOthers)
    await leaveOthers(
      admin,
      wish,
      apps.filter((other) => other.installed_app_id !== id),
    )
  await enable(admin, app)
  // While the app was disabled, the conductor may have run another hApp.
  const mayBeOlder = wish.lastRun !== wish.happ.sha256 || found?.status.type === 'disabled'
  if ((found || chains === 'here') && mayBeOlder) await renew(admin, wish, app)
  const roles = roleCells(app).map(({ role }) => role)
  if (roles.join() !== wish.happ.roles.join()) throw mismatch(wish, `it has the roles ${roles.join(', ')}`)
  const start = await cellStart(wish.epoch.max_action_seq, wish.membership, app.agent_pub_key)
  return { info: app, fresh: !found && chains === null, chains, start }
}

/** Returns the provisioned cells of an app, sorted by role. */
export function roleCells(app: AppInfo): RoleCell[] {
  const cells = Object.entries(app.cell_info).flatMap(([role, infos]) =>
    infos.flatMap((info) => (info.type === CellType.Provisioned ? [{ role, cell: info.value.cell_id }] : [])),
  )
  return cells.sort((a, b) => (a.role < b.role ? -1 : 1))
}

/** A cell, its role and the network seed of its DNA. */
export interface SeededCell extends RoleCell {
  readonly seed: string
}

/** Returns the running cells of an app, with its clones. Clones that are being left are excluded. */
export function allCells(app: AppInfo): SeededCell[] {
  return Object.entries(app.cell_info).flatMap(([role, infos]) =>
    infos.flatMap((info) => {
      if (info.type === CellType.Stem || (info.type === CellType.Cloned && !info.value.enabled)) return []
      return [{ role, cell: info.value.cell_id, seed: info.value.dna_modifiers.network_seed }]
    }),
  )
}

interface Choice {
  readonly id: string
  readonly found: AppInfo | undefined
  readonly apps: readonly AppInfo[]
  readonly note: RestoreNote | null
}

async function findOrInstall(
  admin: AdminWebsocket,
  wish: AppWish,
  { id, found, apps, note }: Choice,
): Promise<AppInfo> {
  if (found) return whenRestored(admin, found)
  const last = apps.find(({ status }) => status.type === 'enabled') ?? apps[0]
  if (note === null) return install(admin, wish, id, await unlessLeft(wish, id, last?.agent_pub_key))
  const { happ, seed } = wish
  const { agent } = note
  const key = decodeHashFromBase64(agent)
  const chains = chainsOf(note, id)
  // The note stays until the app's epochs are open again. Without it, epochs that are here would be begun or fetched a
  // second time, and missing ones would stay missing.
  if (chains === 'here') return install(admin, wish, id, key)
  if (chains === 'peers') {
    const start = await cellStart(wish.epoch.max_action_seq, wish.membership, key)
    return installRestored(admin, {
      happ: happ.file,
      id,
      seed,
      agent,
      roles: roleSettings(happ.roles, start),
    })
  }
  if (note.app !== null) await noteLeft(wish, note.app)
  const app = await install(admin, wish, id, await unlessLeft(wish, id, key))
  await rm(wish.restoreFile)
  return app
}

/**
 * Returns the key, or undefined if the app was left, because the key has chains there. Without a key, returns the one for
 * which a proof was requested before.
 */
async function unlessLeft(
  wish: AppWish,
  id: string,
  own: AgentPubKey | undefined,
): Promise<AgentPubKey | undefined> {
  if ((await leftApps(wish)).includes(id)) return undefined
  const asked = wish.membership?.askedFor ?? null
  return own ?? (asked === null ? undefined : decodeHashFromBase64(asked))
}

/** Returns the apps that were left, the latest at the end. */
async function leftApps({ leftFile }: AppWish): Promise<string[]> {
  return (await readFile(leftFile, 'utf8').catch(() => '')).split('\n').filter(Boolean)
}

/**
 * Adds an app to the list of left apps, once, at the end. No app is ever removed from the list: its key has a chain there,
 * and would begin a second one.
 */
async function noteLeft(wish: AppWish, id: string): Promise<void> {
  const others = (await leftApps(wish)).filter((other) => other !== id)
  await writeAtomic(wish.leftFile, `${[...new Set(others), id].join('\n')}\n`)
}

async function install(
  admin: AdminWebsocket,
  wish: AppWish,
  id: string,
  key: AgentPubKey | undefined,
): Promise<AppInfo> {
  const agent_key = key ?? (await admin.generateAgentPubKey())
  const start = await cellStart(wish.epoch.max_action_seq, wish.membership, agent_key)
  const roles_settings = roleSettings(wish.happ.roles, start)
  return admin
    .installApp({
      source: { type: 'path', value: wish.happ.file },
      installed_app_id: id,
      network_seed: wish.seed,
      agent_key,
      ...(roles_settings && { roles_settings }),
    })
    .catch((error: Error) => {
      if (wish.membership !== null && REFUSED_BY_MEMBRANE.test(error.message))
        throw new RippleError('RIPPLE_NOT_MEMBER', { detail: error.message })
      throw mismatch(wish, error.message)
    })
}

async function enable(admin: AdminWebsocket, { installed_app_id, status }: AppInfo): Promise<void> {
  if (status.type === 'enabled') return
  await admin.enableApp({ installed_app_id }).catch((error: Error) => {
    const dna = WITHOUT_GENESIS.exec(error.message)?.[1]
    throw dna === undefined ? error : new RippleError('RIPPLE_CHAIN_LOST', { dna })
  })
}

/** Disables the apps of other sessions, and removes the oldest beyond `LEFT_APPS_KEPT_MAX`. */
async function leaveOthers(admin: AdminWebsocket, wish: AppWish, others: readonly AppInfo[]): Promise<void> {
  const before = await leftApps(wish)
  for (const { installed_app_id, status } of others) {
    if (status.type === 'disabled' && before.includes(installed_app_id)) continue
    // This comes first: a session wrongly noted as left costs a key, but one left without a note would be forked.
    await noteLeft(wish, installed_app_id)
    await admin.disableApp({ installed_app_id })
  }
  const newest = (await leftApps(wish)).reverse()
  const kept = others.map(({ installed_app_id }) => installed_app_id)
  kept.sort((one, other) => newest.indexOf(one) - newest.indexOf(other))
  for (const installed_app_id of kept.slice(LEFT_APPS_KEPT_MAX))
    await admin.uninstallApp({ installed_app_id })
}

async function renew(admin: AdminWebsocket, wish: AppWish, app: AppInfo): Promise<void> {
  const epochs = clonesOf(app, wish.seed).map(({ clone }) => ({ role: EPOCH_ROLE, cell: clone.cell_id }))
  await updateCoordinators(admin, [...roleCells(app), ...epochs], wish.happ.file).catch((error: Error) => {
    throw mismatch(
      wish,
      `its coordinator zomes cannot take the place of those in the data folder: ${error.message}`,
    )
  })
}

function mismatch(wish: AppWish, detail: string): RippleError {
  return new RippleError('RIPPLE_HAPP_MISMATCH', { file: wish.happ.file, detail })
}
