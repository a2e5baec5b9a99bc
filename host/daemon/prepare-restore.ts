import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../api/state-file.ts'
import { type DataPaths, dataPaths } from '../config/paths.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { RestorePlan } from '../operations/local.ts'
import { openSqliteJournal } from '../work/sqlite.ts'

/** Files of the conductor that hold no chain: its compiled zomes, and the key that its databases are encrypted with. */
const CHAINLESS = /^(db\.key|wasm\.db)/

/**
 * Moves a stopped daemon's copy of its chains aside, so that the next start fetches them from the peers. Keys, journal,
 * artifacts and receipts stay. The same again changes nothing more. Rejects with `RIPPLE_DATA_IN_USE`, and with
 * `RIPPLE_RESTORE_FAILED` where the folder has no key yet.
 */
export async function prepareRestore(data: string): Promise<RestorePlan> {
  const paths = dataPaths(data)
  const agent = (await readFile(join(paths.conductor, 'agent'), 'utf8').catch(() => '')).trim()
  if (agent === '')
    throw new RippleError('RIPPLE_RESTORE_FAILED', { detail: `no key has been used in ${data}` })
  using _lock = openSqliteJournal(paths.journal)
  try {
    // Noted first: without it the next start would begin new chains with a new key.
    const app = await readFile(join(paths.conductor, 'app'), 'utf8').catch(() => '')
    await writeAtomic(join(paths.conductor, 'restore'), `${agent}\n${app}`)
    return { agent, data, aside: await moveAside(paths) }
  } catch (thrown) {
    throw toRippleError(thrown)
  }
}

async function moveAside(paths: DataPaths): Promise<string> {
  const databases = join(paths.conductor, 'holochain', 'databases')
  const aside = join(paths.conductor, 'aside', new Date().toISOString().replaceAll(':', '-'))
  await mkdir(aside, { recursive: true, mode: 0o700 })
  for (const name of await readdir(databases).catch(() => []))
    if (!CHAINLESS.test(name)) await rename(join(databases, name), join(aside, name))
  // Its grants are private entries, which peers do not have.
  await rm(paths.signing, { force: true })
  return aside
}
