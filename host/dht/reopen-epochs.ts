import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppInfo, AppWebsocket } from '@holochain/client'
import { epochOfSeed } from '../config/epoch.ts'
import { clonesOf, epochClone, leftLine } from './epoch-cells.ts'
import type { NamedChain } from './head-book.ts'
import type { AppWish } from './install-app.ts'

/**
 * Makes the cells anew of all epochs that the key has written in and not left, after the conductor's list of cells was set
 * aside. Their databases are here: each cell finds its genesis done, and its chain is compared with what is remembered of it
 * as at any other start. Gives what is known of the app then. Done again from the beginning where it was broken off. Rejects as
 * the client does.
 */
export async function reopenEpochs(
  app: AppWebsocket,
  info: AppInfo,
  written: readonly NamedChain[],
  wish: AppWish,
): Promise<AppInfo> {
  const left = (await readFile(wish.leftEpochsFile, 'utf8').catch(() => '')).split('\n')
  const open = new Set(clonesOf(info, wish.seed).map(({ epoch }) => epoch))
  for (const { dna, seed } of written) {
    const epoch = epochOfSeed(wish.seed, seed)
    if (epoch === null || open.has(epoch)) continue
    const isLeft = left.includes(leftLine(wish.seed, epoch, info.agent_pub_key))
    if (isLeft || !existsSync(join(wish.databases, `dht-${dna}.db`))) continue
    await app.createCloneCell(epochClone(seed, wish.epoch))
    open.add(epoch)
  }
  await rm(wish.restoreFile, { force: true })
  return app.appInfo()
}
