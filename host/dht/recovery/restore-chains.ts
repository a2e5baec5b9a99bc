/** Restores an app's chains from the peers. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AdminWebsocket,
  type AppInfo,
  decodeHashFromBase64,
  type InstallAppRequest,
  type RoleSettingsMap,
} from '@holochain/client'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { AgentKey } from '../../types/events.ts'

/** Milliseconds between questions to the conductor about its progress. */
const LOOK_MS = 250

/** A key whose databases were set aside, as `setAside` noted it. */
export interface RestoreNote {
  readonly agent: AgentKey
  /** The app that had the databases, as `appName` returns it; null if that is unknown. */
  readonly app: string | null
  /** The source of its chains: `here` if only the conductor's list of cells was set aside. */
  readonly from: 'peers' | 'here'
}

/** Reads the note of a restore; null for none. */
export async function readRestore(file: string): Promise<RestoreNote | null> {
  const [agent = '', app = '', from] = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  if (agent === '') return null
  return { agent, app: app === '' ? null : app, from: from === 'here' ? 'here' : 'peers' }
}

/**
 * Returns the source of an app's chains. Returns null if nothing was set aside, or another app's databases were. Peers of
 * this app do not have the chains of an ended session or of other DNAs.
 */
export function chainsOf(note: RestoreNote | null, id: string): RestoreNote['from'] | null {
  return note !== null && (note.app === null || note.app === id) ? note.from : null
}

/** The app to restore, and the hApp to install it from. */
export interface RestoreWish {
  readonly happ: string
  readonly id: string
  readonly seed: string
  readonly agent: AgentKey
  /** The settings of each role in a private network. */
  readonly roles: RoleSettingsMap | undefined
}

/**
 * Installs an app whose chains come from the peers in place of a genesis. Rejects with `RIPPLE_RESTORE_FAILED`; the
 * conductor then continues to fetch whenever it runs.
 */
export async function installRestored(admin: AdminWebsocket, wish: RestoreWish): Promise<AppInfo> {
  const request: InstallAppRequest = {
    source: { type: 'path', value: wish.happ },
    installed_app_id: wish.id,
    network_seed: wish.seed,
    agent_key: decodeHashFromBase64(wish.agent),
    ...(wish.roles && { roles_settings: wish.roles }),
  }
  // The client's types do not know the flag.
  const restoring = { ...request, restore_from_dht: true }
  return whenRestored(admin, await admin.installApp(restoring))
}

/** Waits until the conductor has fetched an app's chains, if it is fetching them. Rejects with `RIPPLE_RESTORE_FAILED`. */
export async function whenRestored(admin: AdminWebsocket, begun: AppInfo): Promise<AppInfo> {
  const deadline = performance.now() + limits.restore_ms
  for (let app: AppInfo | undefined = begun; app !== undefined; ) {
    // The client's types know neither state.
    const status: string = app.status.type
    if (status === 'unrecoverable') throw failed('a peer proved that this key has forked its chain')
    if (status !== 'awaiting_restore') return app
    if (performance.now() > deadline) throw failed(`no peer handed them over within ${limits.restore_ms} ms`)
    await sleep(LOOK_MS)
    app = (await admin.listApps({})).find((one) => one.installed_app_id === begun.installed_app_id)
  }
  throw failed('the conductor has dropped the app')
}

function failed(detail: string): RippleError {
  return new RippleError('RIPPLE_RESTORE_FAILED', { detail })
}
