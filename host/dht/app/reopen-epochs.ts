/** Rebuilds the conductor's epochs after its list of cells was set aside. */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AdminWebsocket, AppInfo, AppWebsocket } from '@holochain/client'
import { epochOfSeed } from '../../config/epoch.ts'
import { clonesOf, epochClone, leftLine } from '../epochs/epoch-cells.ts'
import type { NamedChain } from '../fork-guard/chain-head-store.ts'
import type { CellStart } from '../membership.ts'
import { dropGuests } from '../recovery/guest-app.ts'
import type { AppWish } from './install-app.ts'

/** The connections to the conductor, and the app's state. */
export interface Reopening {
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly info: AppInfo
  /** The start of each cell. */
  readonly start: CellStart
  /** As `EpochCellsNeeds` has it. */
  readonly checkRoom: () => Promise<void>
}

/**
 * Makes the cells of all epochs that the key has written in and not left, after the conductor's list of cells was set
 * aside. Their databases are here: each cell finds its genesis done, and its chain is compared with its remembered head as
 * at any other start. Returns the app's new state. Starts again from the beginning if it was interrupted. Rejects with
 * `RIPPLE_DISK_FULL`, or as the client does.
 */
export async function reopenEpochs(
  { admin, app, info, start, checkRoom }: Reopening,
  written: readonly NamedChain[],
  wish: AppWish,
): Promise<AppInfo> {
  const left = (await readFile(wish.leftEpochsFile, 'utf8').catch(() => '')).split('\n')
  const open = new Set(clonesOf(info, wish.seed).map(({ epoch }) => epoch))
  for (const [seed, chains] of Map.groupBy(written, (one) => one.seed)) {
    const epoch = epochOfSeed(wish.seed, seed)
    if (epoch === null || open.has(epoch)) continue
    const isLeft = left.includes(leftLine(wish.seed, epoch, info.agent_pub_key))
    // Before an upgrade an epoch had another DNA. Only the conductor can tell which of the DNAs a cell gets, so all have to
    // be here.
    const isHere = chains.every(({ dna }) => existsSync(join(wish.databases, `dht-${dna}.db`)))
    if (isLeft || !isHere) continue
    await checkRoom()
    await app.createCloneCell(epochClone(seed, start))
  }
  await dropGuests(admin)
  // A guest that comes after this leaves an incomplete database.
  await rm(wish.restoreFile, { force: true })
  return app.appInfo()
}
