// Moves databases of a conductor that does not run aside.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../files/write-atomic.ts'
import { databasesIn } from '../supervise/conductor.ts'
import type { AgentKey } from '../types/events.ts'
import { readRestore } from './restore-chains.ts'

/**
 * Databases of a conductor that can be set aside: `chains` is all of them but the compiled zomes and the key that they are
 * encrypted with; `cells` is its list of apps and their cells, and the chains stay here. With it goes up to when the conductor
 * has what each peer holds (kitsune2_gossip 0.5: `new_ops_bookmark`): a database that was lost may have made that untrue, and
 * gossip would ask for what is newer alone.
 */
export type Databases = 'chains' | 'cells'

const belongs: Readonly<Record<Databases, (name: string) => boolean>> = {
  chains: (name) => !/^(db\.key|wasm\.db)/.test(name),
  cells: (name) => /^(conductor\.db|p2p-peer-meta-)/.test(name),
}

/** What was set aside. */
export interface SetAside {
  /** The key that goes on with its chains at the next start; null where none has been used in the folder. */
  readonly agent: AgentKey | null
  /** Where the databases are now. */
  readonly aside: string
}

/**
 * Moves databases of a stopped conductor aside, and notes the key that wrote in them, so that the next start goes on with
 * its chains and does not begin new ones. `folder` is the conductor's. The same again changes nothing more.
 */
export async function setAside(folder: string, what: Databases): Promise<SetAside> {
  const read = async (name: string) => (await readFile(join(folder, name), 'utf8').catch(() => '')).trim()
  const agent = await read('agent')
  const file = join(folder, 'restore')
  // Chains that are still to come from the peers are not here, whatever else is set aside.
  const from = what === 'chains' ? 'peers' : ((await readRestore(file))?.from ?? 'here')
  // Noted first: without it the next start would begin new chains with a new key.
  if (agent !== '') await writeAtomic(file, `${agent}\n${await read('app')}\n${from}\n`)
  return { agent: agent === '' ? null : agent, aside: await moveAside(folder, belongs[what]) }
}

/** Moves the databases of some DNAs aside, of which the conductor has no chain. */
export async function setDnasAside(folder: string, dnas: readonly string[]): Promise<void> {
  const here = dnas.filter((dna) => existsSync(join(databasesIn(folder), `dht-${dna}.db`)))
  if (here.length > 0) await moveAside(folder, (name) => here.some((dna) => name.startsWith(`dht-${dna}.db`)))
}

/** Moves files of a conductor's databases to a folder of their own, and names that. */
async function moveAside(folder: string, isMoved: (name: string) => boolean): Promise<string> {
  const databases = databasesIn(folder)
  const aside = join(folder, 'aside', new Date().toISOString().replaceAll(':', '-'))
  await mkdir(aside, { recursive: true, mode: 0o700 })
  const names = (await readdir(databases).catch(() => [])).filter(isMoved)
  // A write-ahead log goes before its database: with another database it would be taken for that one's.
  for (const name of names.toSorted((a, b) => b.length - a.length))
    await rename(join(databases, name), join(aside, name))
  return aside
}
