/** Reads chains page by page through the conductor's admin interface. */
import { type AdminWebsocket, type CellId, decodeHashFromBase64, encodeHashToBase64 } from '@holochain/client'
import { z } from 'zod'
import type { ActionHash } from '../../types/events.ts'

const dumpSchema = z.tuple([
  z.object({
    source_chain_dump: z.object({
      records: z.array(
        z.object({
          action_address: z.array(z.number()),
          action: z.object({ header: z.object({ action_seq: z.number() }) }),
        }),
      ),
    }),
  }),
  z.string(),
])
/** An action and its place on its author's chain. */
export interface ChainAction {
  readonly hash: ActionHash
  readonly seq: number
}

/** The conductor's errors for an action that it does not hold, and for a DNA without a running cell. */
const NOT_HELD = /source-chain cursor .* is unknown|K2 Space .* does not exist/
/** Actions per page while a chain is read to its end. */
const PAGE = 256

/**
 * Returns the actions that follow `after` on a chain, as far as this conductor holds them: at most `limit`, oldest first.
 * Returns null if the conductor does not hold `after`. `after` is an action, or a place, which need not be held; null
 * starts with the first action. `cell` is a DNA and an author, so the chain may be another agent's. Takes one look-up for
 * any length of chain. Rejects as the client does.
 */
export async function actionsAfter(
  admin: AdminWebsocket,
  cell: CellId,
  after: ActionHash | number | null,
  limit: number,
): Promise<ChainAction[] | null> {
  // The client's types know neither the cursor nor the limit.
  const page = {
    cell_id: cell,
    source_chain_cursor: cursorAt(after),
    limit,
  }
  try {
    const dump = dumpSchema.parse(await admin.dumpState(page))
    return dump[0].source_chain_dump.records.map(({ action_address, action }) => ({
      hash: encodeHashToBase64(Uint8Array.from(action_address)),
      seq: action.header.action_seq,
    }))
  } catch (error) {
    if (error instanceof Error && NOT_HELD.test(error.message)) return null
    throw error
  }
}

function cursorAt(after: ActionHash | number | null) {
  if (after === null) return null
  return typeof after === 'number' ? { Sequence: after } : { ActionHash: decodeHashFromBase64(after) }
}

/**
 * Returns the last action of a chain, read from an action that it holds (null: from its beginning). Returns null if the
 * chain holds none of them.
 */
export async function headAfter(
  admin: AdminWebsocket,
  cell: CellId,
  from: ActionHash | null,
): Promise<ActionHash | null> {
  let head = from
  for (;;) {
    const page = await actionsAfter(admin, cell, head, PAGE)
    if (page === null) return null
    head = page.at(-1)?.hash ?? head
    if (page.length < PAGE) return head
  }
}

/** Whether a chain is here without a gap, from its first action to its last. Gossip brings actions in any order. */
export async function isWhole(admin: AdminWebsocket, cell: CellId): Promise<boolean> {
  let next = 0
  let after: ActionHash | null = null
  for (;;) {
    const page: ChainAction[] | null = await actionsAfter(admin, cell, after, PAGE)
    if (page === null || page.some(({ seq }, index) => seq !== next + index)) return false
    next += page.length
    after = page.at(-1)?.hash ?? after
    if (page.length < PAGE) return true
  }
}
