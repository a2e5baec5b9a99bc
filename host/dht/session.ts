import { AdminWebsocket, type AppInfo, AppWebsocket, type CellId, WsClient } from '@holochain/client'
import { limits } from '../limits.ts'
import { CredentialsFile } from './credentials.ts'
import { type AppWish, installApp, type RoleCell, roleCells } from './install-app.ts'
import { patchGrants } from './patch-grants.ts'
import { PreparedCells } from './prepare-cells.ts'

/** How to connect. */
export interface SessionOptions {
  /** The origin that the daemon gives, and the only one that the app interface takes. */
  readonly origin: string
  readonly app: AppWish
  /** Holds the signing credentials. */
  readonly signingFile: string
  /** Told of a signal that the client could not read. */
  readonly onBadSignal: (error: unknown) => void
}

/** Roles in which other peers' beats and messages arrive: their cells' `init` lets them in, so it comes first. */
const HEARING_ROLES = ['agent_registry', 'resource_mesh'] as const

/** The daemon's connections to one run of the conductor. A restarted conductor needs a new one. */
export interface Session extends AsyncDisposable {
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly info: AppInfo
  readonly cells: readonly RoleCell[]
  /** The cell of a role, ready for signed calls, as `PreparedCells.of` has it. */
  ready(role: string): Promise<CellId>
  /** Resolves when either connection is lost. */
  readonly closed: Promise<void>
}

/**
 * Connects to a conductor that is ready: installs or finds the app, opens its interface and prepares the cells that
 * hear others; all of them where the conductor has not run this hApp yet, so that every zome is compiled then.
 * Rejects with `RIPPLE_HAPP_MISMATCH`, `RIPPLE_GRANT_SHAPE`, or what the client throws when the conductor goes away.
 */
export async function connectSession(adminPort: number, options: SessionOptions): Promise<Session> {
  const opened: WsClient[] = []
  const close = async () => {
    for (const client of opened.reverse()) await closeClient(client)
  }
  try {
    const admin = await AdminWebsocket.connect(connection(adminPort, options))
    opened.push(admin.client)
    patchGrants(admin)
    const info = await installApp(admin, options.app)
    const app = await connectApp(admin, info.installed_app_id, options)
    const cells = roleCells(info)
    if (app.client instanceof WsClient) {
      opened.push(app.client)
      guardSignals(app.client, options.onBadSignal)
    }
    const credentials = await CredentialsFile.read(options.signingFile)
    const prepared = new PreparedCells({ admin, app, cells, credentials })
    const { happ, lastRun } = options.app
    const roles = lastRun === happ.sha256 ? HEARING_ROLES : cells.map(({ role }) => role)
    for (const role of roles) await prepared.of(role)
    await credentials.keepOnly(cells.map(({ cell }) => cell))
    const ready = (role: string) => prepared.of(role)
    const closed = Promise.race(opened.map(whenClosed))
    return { admin, app, info, cells, ready, closed, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

function connection(port: number, options: SessionOptions) {
  return {
    url: new URL(`ws://127.0.0.1:${port}`),
    wsClientOptions: { origin: options.origin },
    defaultTimeout: limits.conductor_admin_ms,
  }
}

async function connectApp(admin: AdminWebsocket, id: string, options: SessionOptions): Promise<AppWebsocket> {
  const [known] = await admin.listAppInterfaces()
  const { port } = known ?? (await admin.attachAppInterface({ port: 0, allowed_origins: options.origin }))
  const { token } = await admin.issueAppAuthenticationToken({
    installed_app_id: id,
    single_use: false,
    expiry_seconds: 0,
  })
  return AppWebsocket.connect({ ...connection(port, options), token })
}

/** The client throws inside its message handler on a signal that it does not know, and nobody could catch that. */
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

async function closeClient(client: WsClient): Promise<void> {
  if (client.socket.readyState < client.socket.CLOSING) await client.close()
}
