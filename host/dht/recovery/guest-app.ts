/** Fetches a chain of this machine's key from the peers through a temporary app, the guest. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AdminWebsocket,
  type AgentPubKey,
  type CellId,
  CellType,
  decodeHashFromBase64,
  encodeHashToBase64,
} from '@holochain/client'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { headAfter, isWhole } from '../call/chain-dump.ts'
import type { WrittenChain } from '../fork-guard/fork-guard.ts'

/** Milliseconds between checks whether a chain has arrived. */
const LOOK_MS = 500
const PREFIX = 'guest.'

/** The network that a guest joins. */
export interface GuestRequest {
  /** Path of the hApp. */
  readonly happ: string
  readonly role: string
  readonly seed: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** A key, and its written chains, of which one may belong to the network. */
export interface Wanted {
  readonly agent: AgentPubKey
  readonly written: readonly WrittenChain[]
}

/**
 * Fetches a chain of this machine's key into the conductor before the chain has a cell. A guest with a key of its own joins
 * the network and takes part in gossip until the chain is whole. A cell made while the guest is there finds its genesis done
 * and continues from the head.
 *
 * The engine's own restore does not support clones. The guest leaves when it is disposed. Returns null if the key has not
 * written in the network's DNA, so there is nothing to fetch; only the conductor can tell that DNA. Rejects with
 * `RIPPLE_RESTORE_FAILED`.
 */
export async function fetchThroughGuest(
  admin: AdminWebsocket,
  wish: GuestRequest,
  wanted: Wanted,
): Promise<AsyncDisposable | null> {
  const installed_app_id = `${PREFIX}${wish.seed}`
  const leave = async (): Promise<void> => void (await admin.uninstallApp({ installed_app_id }))
  // An earlier guest that could not leave would be in the way.
  await dropGuests(admin)
  const app = await admin.installApp({
    source: { type: 'path', value: wish.happ },
    installed_app_id,
    network_seed: wish.seed,
    agent_key: await admin.generateAgentPubKey(),
    roles_settings: {
      [wish.role]: { type: 'provisioned', value: { modifiers: { properties: wish.properties } } },
    },
  })
  try {
    const [cell] = app.cell_info[wish.role] ?? []
    const dna = cell?.type === CellType.Provisioned ? encodeHashToBase64(cell.value.cell_id[0]) : ''
    const chain = wanted.written.find((one) => one.dna === dna)
    if (chain) {
      await admin.enableApp({ installed_app_id })
      await arrival(admin, wanted.agent, chain)
      // The caller should see why making the cell failed, not that the guest could not leave then.
      return { [Symbol.asyncDispose]: () => leave().catch(() => {}) }
    }
  } catch (thrown) {
    await leave()
    throw thrown
  }
  await leave()
  return null
}

/** Removes guests that a crash left behind. Rejects as the client does. */
export async function dropGuests(admin: AdminWebsocket): Promise<void> {
  for (const { installed_app_id } of await admin.listApps({}))
    if (isGuest(installed_app_id)) await admin.uninstallApp({ installed_app_id })
}

/** Whether an app is a guest. */
export function isGuest(appId: string): boolean {
  return appId.startsWith(PREFIX)
}

async function arrival(
  admin: AdminWebsocket,
  agent: AgentPubKey,
  { dna, head }: WrittenChain,
): Promise<void> {
  const deadline = performance.now() + limits.restore_ms
  const chain: CellId = [decodeHashFromBase64(dna), agent]
  while ((await headAfter(admin, chain, head)) === null || !(await isWhole(admin, chain))) {
    if (performance.now() > deadline) throw failed(`no peer handed it over within ${limits.restore_ms} ms`)
    await sleep(LOOK_MS)
  }
}

function failed(detail: string): RippleError {
  return new RippleError('RIPPLE_RESTORE_FAILED', { detail })
}
