import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AdminWebsocket,
  type AgentPubKey,
  type CellId,
  CellType,
  decodeHashFromBase64,
  encodeHashToBase64,
} from '@holochain/client'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { ActionHash, DnaHash } from '../types/events.ts'
import { headAfter, isWhole } from './chain-dump.ts'

/** How often it is looked whether a chain has come, in milliseconds. */
const LOOK_MS = 500
const PREFIX = 'guest.'

/** The network that a guest joins. */
export interface GuestWish {
  /** Path of the hApp. */
  readonly happ: string
  readonly role: string
  readonly seed: string
  readonly properties: Readonly<Record<string, unknown>>
  /** The DNA that role, seed and properties give. */
  readonly dna: DnaHash
}

/** A chain that is to come from the peers of that network. */
export interface Wanted {
  readonly agent: AgentPubKey
  readonly head: ActionHash
}

/**
 * Fetches a chain of the own key into the conductor before there is a cell of it: a guest with a key of its own joins the
 * network and takes part in gossip until the chain is whole. A cell that is made while the guest is there finds its
 * genesis done and goes on from the head; the engine's own restore knows no clones. The guest leaves when it is disposed.
 * Rejects with `RIPPLE_RESTORE_FAILED`.
 */
export async function fetchAsGuest(
  admin: AdminWebsocket,
  wish: GuestWish,
  wanted: Wanted,
): Promise<AsyncDisposable> {
  const installed_app_id = `${PREFIX}${wish.seed}`
  const leave = async (): Promise<void> => void (await admin.uninstallApp({ installed_app_id }))
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
    if (dna !== wish.dna) throw failed(`the network of ${wish.seed} is not the one that was written to`)
    await admin.enableApp({ installed_app_id })
    await arrival(admin, wish, wanted)
  } catch (thrown) {
    await leave()
    throw thrown
  }
  return { [Symbol.asyncDispose]: leave }
}

/** Removes guests that a crash has left. Rejects as the client does. */
export async function dropGuests(admin: AdminWebsocket): Promise<void> {
  for (const { installed_app_id } of await admin.listApps({}))
    if (installed_app_id.startsWith(PREFIX)) await admin.uninstallApp({ installed_app_id })
}

async function arrival(admin: AdminWebsocket, { dna }: GuestWish, { agent, head }: Wanted): Promise<void> {
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
