import { type AdminWebsocket, type AppInfo, type AppWebsocket, encodeHashToBase64 } from '@holochain/client'
import { RippleError } from '../errors/ripple-error.ts'
import { WITHOUT_GENESIS } from '../supervise/conductor.ts'
import { closeClient, connectAdmin } from './connect.ts'
import { clonesOf, removeClone } from './epoch-cells.ts'

/** What enabling an app needs. */
export interface EnableNeeds {
  readonly admin: AdminWebsocket
  /** The network's seed, without an epoch. */
  readonly seed: string
  /** Connects to an app, which need not be enabled; the connection is closed by whoever asked. */
  readonly openApp: (id: string) => Promise<AppWebsocket>
}

/** Disables all apps of the conductor with this admin port, so that it can start. Rejects as the client does. */
export async function disableApps(adminPort: number, origin: string): Promise<void> {
  const admin = await connectAdmin(adminPort, origin)
  try {
    for (const { installed_app_id } of await admin.listApps({})) await admin.disableApp({ installed_app_id })
  } finally {
    await closeClient(admin.client)
  }
}

/**
 * Enables an app, and gives what is known of it then. A clone without a chain, which would keep all of it from being
 * enabled, is removed: its epoch is opened anew. Rejects with `RIPPLE_CHAIN_LOST` where another cell has no chain, or as the
 * client does.
 */
export async function enableApp(needs: EnableNeeds, app: AppInfo): Promise<AppInfo> {
  if (app.status.type === 'enabled') return app
  const dna = await startCells(needs.admin, app.installed_app_id)
  if (dna === null) return app
  // Each turn removes a clone, so there are no more turns than clones.
  return enableApp(needs, await removeCell(needs, app, dna))
}

/** Enables an app whose cells all have their chains; otherwise gives the DNA of one that has none. */
async function startCells(admin: AdminWebsocket, installed_app_id: string): Promise<string | null> {
  try {
    await admin.enableApp({ installed_app_id })
    return null
  } catch (error) {
    const dna = error instanceof Error ? WITHOUT_GENESIS.exec(error.message)?.[1] : undefined
    if (dna === undefined) throw error
    return dna
  }
}

async function removeCell(
  { admin, seed, openApp }: EnableNeeds,
  app: AppInfo,
  dna: string,
): Promise<AppInfo> {
  const clones = clonesOf(app, seed).map(({ clone }) => clone)
  const clone = clones.find(({ enabled, cell_id }) => enabled && encodeHashToBase64(cell_id[0]) === dna)
  if (!clone) throw new RippleError('RIPPLE_CHAIN_LOST', { dna })
  const socket = await openApp(app.installed_app_id)
  try {
    await removeClone({ admin, app: socket, info: app }, clone)
    return await socket.appInfo()
  } finally {
    await closeClient(socket.client)
  }
}
