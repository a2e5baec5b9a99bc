import {
  AdminWebsocket,
  type AppInfo,
  AppWebsocket,
  type CellId,
  generateSigningKeyPair,
  type HolochainError,
  setSigningCredentials,
  WsClient,
} from '@holochain/client'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { CredentialsFile } from './credentials.ts'
import { type AppWish, installApp, type RoleCell, roleCells } from './install-app.ts'
import { patchGrants } from './patch-grants.ts'

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

/** The daemon's connections to one run of the conductor. A restarted conductor needs a new one. */
export interface Session extends AsyncDisposable {
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly info: AppInfo
  readonly cells: readonly RoleCell[]
  /** Resolves when either connection is lost. */
  readonly closed: Promise<void>
}

/**
 * Connects to a conductor that is ready: installs or finds the app, opens its interface, authorizes signing in every
 * cell and initializes it, which is also the proof that signed calls work.
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
    await initializeCells(admin, app, cells, options)
    const closed = Promise.race(opened.map(whenClosed))
    return { admin, app, info, cells, closed, [Symbol.asyncDispose]: close }
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

async function initializeCells(
  admin: AdminWebsocket,
  app: AppWebsocket,
  cells: readonly RoleCell[],
  options: SessionOptions,
): Promise<void> {
  const credentials = await CredentialsFile.read(options.signingFile)
  for (const { cell } of cells) {
    const kept = credentials.get(cell)
    if (kept === null) await authorize(admin, cell, credentials)
    else setSigningCredentials(cell, kept)
    await initialize(admin, app, cell, credentials)
  }
  await credentials.keepOnly(cells.map(({ cell }) => cell))
}

async function authorize(admin: AdminWebsocket, cell: CellId, credentials: CredentialsFile): Promise<void> {
  const [keyPair, signingKey] = await generateSigningKeyPair()
  const capSecret = await admin
    .grantSigningKey(cell, { type: 'all' }, signingKey)
    .catch((error: HolochainError) => {
      if (error.name !== 'deserialization') throw error
      throw new RippleError('RIPPLE_GRANT_SHAPE', { detail: error.message }, { cause: error })
    })
  await credentials.set(cell, { capSecret, keyPair, signingKey })
  setSigningCredentials(cell, { capSecret, keyPair, signingKey })
}

/** Calls `init`, which the engine answers for every cell; credentials of a chain that is no more are made anew. */
async function initialize(
  admin: AdminWebsocket,
  app: AppWebsocket,
  cell: CellId,
  credentials: CredentialsFile,
): Promise<void> {
  const definition = await admin.getDnaDefinition(cell)
  const zome = definition.coordinator_zomes[0]?.[0] ?? ''
  const call = () => app.callZome({ cell_id: cell, zome_name: zome, fn_name: 'init', payload: null })
  await call().catch(async (error: HolochainError) => {
    if (!isUnauthorized(error)) throw error
    await authorize(admin, cell, credentials)
    await call().catch((again: HolochainError) => {
      if (!isUnauthorized(again)) throw again
      throw new RippleError('RIPPLE_GRANT_SHAPE', { detail: again.message }, { cause: again })
    })
  })
}

function isUnauthorized(error: HolochainError): boolean {
  return error.name === 'zome_call_unauthorized' || error.name === 'zome_call_authentication_failed'
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
