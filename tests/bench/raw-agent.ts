import {
  type AdminWebsocket,
  type AppInfo,
  AppWebsocket,
  type CellId,
  encodeHashToBase64,
  generateSigningKeyPair,
  type Signal,
  setSigningCredentials,
  WsClient,
} from '@holochain/client'
import { decode } from '@msgpack/msgpack'
import { happFiles } from '../../host/daemon/machine/files.ts'
import { EPOCH_ROLE } from '../../host/dht/epochs/epoch-cells.ts'
import { originIn } from '../../host/processes/origin.ts'
import type { MeshEntry } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { Written } from '../../zomes-bindings/generated/shared.ts'
import { whileLocked } from '../harness/while-locked.ts'

/** The role in which beats go from agent to agent. */
const BEAT_ROLE = 'agent_registry'
const PATIENCE_MS = 60_000

/** Another agent in a conductor, called straight over the app websocket: the same engine with no daemon before it. */
export interface RawAgent extends AsyncDisposable {
  readonly agent: string
  /** Hash of the open epoch's DNA. */
  readonly dnaHash: string
  /** Calls a function of `scheduling`. */
  call<T>(fn: string, payload: unknown): Promise<T>
  commit(entry: MeshEntry): Promise<string>
  /** Sends a remote signal. */
  beat(to: string): Promise<void>
  /** When (`performance.now`) the next remote signal from an agent arrives; null where none does in time. */
  beaten(by: string, withinMs: number): Promise<number | null>
  /** Place of the last own event on its chain, which is about how many actions it holds. */
  chainLength(): Promise<number>
}

/** Installs the app of a conductor once more, for another agent, and opens the epoch that the first one has open. */
export async function rawAgent(admin: AdminWebsocket, beside: AppInfo, name: string): Promise<RawAgent> {
  const agent_key = await admin.generateAgentPubKey()
  const info = await whileLocked(() =>
    admin.installApp({
      source: { type: 'path', value: happFiles.happ },
      installed_app_id: name,
      network_seed: provisioned(beside, EPOCH_ROLE).dna_modifiers.network_seed,
      agent_key,
    }),
  )
  await admin.enableApp({ installed_app_id: name })
  const known = (await admin.listAppInterfaces()).find(({ allowed_origins }) => originIn(allowed_origins))
  const { token } = await admin.issueAppAuthenticationToken({
    installed_app_id: name,
    single_use: false,
    expiry_seconds: 0,
  })
  const url = new URL(`ws://127.0.0.1:${known?.port}`)
  const wsClientOptions = { origin: originIn(known?.allowed_origins ?? '') ?? '' }
  const app = await AppWebsocket.connect({ url, token, wsClientOptions, defaultTimeout: PATIENCE_MS })
  const { network_seed, properties } = openEpoch(beside)
  // The conductor gives the properties as it keeps them, and takes them as they were written.
  const modifiers = { network_seed, properties: decode(properties) as Record<string, unknown> }
  const { cell_id } = await whileLocked(() => app.createCloneCell({ role_name: EPOCH_ROLE, modifiers }))
  await sign(admin, cell_id)
  const beating = provisioned(info, BEAT_ROLE).cell_id
  await sign(admin, beating)
  const at = (cell: CellId, zome_name: string, fn_name: string, payload: unknown) =>
    app.callZome({ cell_id: cell, zome_name, fn_name, payload })
  const call = <T>(fn: string, payload: unknown) => at(cell_id, 'scheduling', fn, payload) as Promise<T>
  const beat = async (to: string[]) => void (await at(beating, 'heartbeat', 'beat', { word, to }))
  // The first call of a cell runs its `init`.
  await call('own_events', 0)
  await beat([])
  return {
    agent: encodeHashToBase64(cell_id[1]),
    dnaHash: encodeHashToBase64(cell_id[0]),
    call,
    commit: async (entry) => (await call<Written<MeshEntry>>('commit', entry)).hash,
    beat: (to) => beat([to]),
    beaten: (by, withinMs) => {
      const { promise, resolve } = Promise.withResolvers<number | null>()
      const late = setTimeout(() => resolve(null), withinMs)
      const off = app.on('signal', (signal) => {
        if (senderOf(signal) === by) resolve(performance.now())
      })
      return promise.finally(() => {
        clearTimeout(late)
        off()
      })
    },
    chainLength: async () => (await call<Written<MeshEntry>[]>('own_events', 0)).at(-1)?.seq ?? 0,
    [Symbol.asyncDispose]: async () => {
      if (app.client instanceof WsClient) await app.client.close()
    },
  }
}

const presence = {
  addresses: [],
  availability: 'online',
  load: { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 },
  held_grants: 0,
  reply: false,
}
const word = { presence, card: null }

function senderOf(signal: Signal): string | null {
  if (signal.type !== 'app') return null
  const { from } = signal.value.payload as { readonly from?: string }
  return from ?? null
}

/** Lets a key of this process call all functions of a cell. */
async function sign(admin: AdminWebsocket, cell: CellId): Promise<void> {
  const [keyPair, signingKey] = await generateSigningKeyPair()
  const capSecret = await admin.grantSigningKey(cell, { type: 'all' }, signingKey)
  setSigningCredentials(cell, { capSecret, keyPair, signingKey })
}

function provisioned({ cell_info }: AppInfo, role: string) {
  for (const cell of cell_info[role] ?? []) if (cell.type === 'provisioned') return cell.value
  throw new TypeError(`the app has no cell of ${role}`)
}

/** Returns the properties of the newest clone of the epochs' role. */
function openEpoch({ cell_info }: AppInfo) {
  const clone = (cell_info[EPOCH_ROLE] ?? []).findLast(({ type }) => type === 'cloned')
  if (clone?.type !== 'cloned') throw new TypeError('no epoch is open')
  return clone.value.dna_modifiers
}
