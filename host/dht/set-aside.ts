import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../api/state-file.ts'
import type { AgentKey } from '../types/events.ts'
import { readRestore } from './restore-chains.ts'

/**
 * Databases of a conductor that can be set aside: `chains` is all of them but the compiled zomes and the key that they are
 * encrypted with; `cells` is its list of apps and their cells alone, and the chains stay here.
 */
export type Databases = 'chains' | 'cells'

const belongs: Readonly<Record<Databases, (name: string) => boolean>> = {
  chains: (name) => !/^(db\.key|wasm\.db)/.test(name),
  cells: (name) => name.startsWith('conductor.db'),
}

/** What was set aside. */
export interface SetAside {
  /** The key that goes on with its chains at the next start; null where none has been used in the folder. */
  readonly agent: AgentKey | null
  /** Where the databases are now. */
  readonly aside: string
}

/** Where a conductor has its databases. */
export function databasesOf(folder: string): string {
  return join(folder, 'holochain', 'databases')
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
  const databases = databasesOf(folder)
  const aside = join(folder, 'aside', new Date().toISOString().replaceAll(':', '-'))
  await mkdir(aside, { recursive: true, mode: 0o700 })
  const names = (await readdir(databases).catch(() => [])).filter(belongs[what])
  // A write-ahead log goes before its database: with another database it would be taken for that one's.
  for (const name of names.toSorted((a, b) => b.length - a.length))
    await rename(join(databases, name), join(aside, name))
  return { agent: agent === '' ? null : agent, aside }
}
