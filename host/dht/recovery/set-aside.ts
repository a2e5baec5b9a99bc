/** Moves databases of a stopped conductor aside. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../../files/write-atomic.ts'
import { databasesIn } from '../../processes/conductor.ts'
import type { AgentKey } from '../../types/events.ts'
import { readRestore } from './restore-chains.ts'

/**
 * The databases of a conductor that can be set aside. `chains` is all of them except the compiled zomes and the key that
 * encrypts the databases. `cells` is the list of apps and their cells; the chains stay here. `cells` includes the time up
 * to which the conductor has each peer's data (kitsune2_gossip 0.5: `new_ops_bookmark`). A lost database may have made that
 * time wrong, and gossip would then ask only for newer data.
 */
export type Databases = 'chains' | 'cells'

const belongs: Readonly<Record<Databases, (name: string) => boolean>> = {
  chains: (name) => !/^(db\.key|wasm\.db)/.test(name),
  cells: (name) => /^(conductor\.db|p2p-peer-meta-)/.test(name),
}

/** The result of setting databases aside. */
export interface SetAside {
  /** The key whose chains continue at the next start; null if the folder has used none. */
  readonly agent: AgentKey | null
  /** The folder that the databases are in now. */
  readonly aside: string
}

/**
 * Moves databases of a stopped conductor aside, and notes the key that wrote in them. The next start then continues its
 * chains and does not begin new ones. `folder` is the conductor's. Calling it again changes nothing more.
 */
export async function setAside(folder: string, what: Databases): Promise<SetAside> {
  const read = async (name: string) => (await readFile(join(folder, name), 'utf8').catch(() => '')).trim()
  const agent = await read('agent')
  const file = join(folder, 'restore')
  // Chains that are still to come from the peers are not here, even if only the cells are set aside now.
  const from = what === 'chains' ? 'peers' : ((await readRestore(file))?.from ?? 'here')
  // This comes first: without the note, the next start would begin new chains with a new key.
  if (agent !== '') await writeAtomic(file, `${agent}\n${await read('app')}\n${from}\n`)
  return { agent: agent === '' ? null : agent, aside: await moveAside(folder, belongs[what]) }
}

/** Moves aside the databases of DNAs whose chain the conductor does not have. */
export async function setDnasAside(folder: string, dnas: readonly string[]): Promise<void> {
  const here = dnas.filter((dna) => existsSync(join(databasesIn(folder), `dht-${dna}.db`)))
  if (here.length > 0) await moveAside(folder, (name) => here.some((dna) => name.startsWith(`dht-${dna}.db`)))
}

/** Moves database files of a conductor to a new folder, and returns its path. */
async function moveAside(folder: string, isMoved: (name: string) => boolean): Promise<string> {
  const databases = databasesIn(folder)
  const aside = join(folder, 'aside', new Date().toISOString().replaceAll(':', '-'))
  await mkdir(aside, { recursive: true, mode: 0o700 })
  const names = (await readdir(databases).catch(() => [])).filter(isMoved)
  // A write-ahead log goes before its database. Left with another database, it would be taken for that one's log.
  for (const name of names.toSorted((a, b) => b.length - a.length))
    await rename(join(databases, name), join(aside, name))
  return aside
}
