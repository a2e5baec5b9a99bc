/** Prepares a data folder for `ripple restore`. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkDataFolder } from '../../config/check-data.ts'
import { dataPaths } from '../../config/paths.ts'
import { setAside } from '../../dht/recovery/set-aside.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { RestorePlan } from '../../operations/local.ts'
import { openSqliteJournal } from '../../work/journal/sqlite.ts'

/**
 * Moves a stopped daemon's copy of its chains aside, so that the next start fetches them from the peers. Keys, journal,
 * artifacts and receipts stay. A second call changes nothing more. Rejects with `RIPPLE_DATA_IN_USE`, and with
 * `RIPPLE_RESTORE_FAILED` if the folder has no key yet.
 */
export async function prepareRestore(data: string): Promise<RestorePlan> {
  await checkDataFolder(data)
  const paths = dataPaths(data)
  const agent = (await readFile(join(paths.conductor, 'agent'), 'utf8').catch(() => '')).trim()
  if (agent === '')
    throw new RippleError('RIPPLE_RESTORE_FAILED', { detail: `no key has been used in ${data}` })
  using _lock = openSqliteJournal(paths.journal)
  try {
    const { aside } = await setAside(paths.conductor, 'chains')
    // The grants of the signing key are private entries, which peers do not have.
    await rm(paths.signing, { force: true })
    return { agent, data, aside }
  } catch (thrown) {
    throw toRippleError(thrown)
  }
}
