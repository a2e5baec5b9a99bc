import { type AdminWebsocket, type CellId, decodeHashFromBase64, encodeHashToBase64 } from '@holochain/client'
import { z } from 'zod'
import type { ActionHash } from '../types/events.ts'

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

/** What the conductor answers for an action that it does not hold, and for a DNA of which no cell runs. */
const NOT_HELD = /source-chain cursor .* is unknown|K2 Space .* does not exist/
/** Actions in one page while a chain is followed to its end. */
const PAGE = 256

/**
 * The actions that follow one on a chain, as far as this conductor holds it: at most `limit`, oldest first; null where it
 * does not hold that one. `after` is an action or a place, which need not be held; null begins with the first. The chain may be
 * another agent's: `cell` is a DNA and an author. One look-up, however long the chain is. Rejects as the client does.
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

/** The last action of a chain, from one that it holds (null: from its beginning); null where it holds none of them. */
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

/** Whether a chain is here without a gap, from its first action to its last: gossip brings them in any order. */
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
