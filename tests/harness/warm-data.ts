import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { happFiles } from '../../host/daemon/machine/files.ts'
import { readHapp } from '../../host/dht/app/happ.ts'
import { versions } from '../../host/setup/versions.mjs'
import { here, READY_MS, running } from './peer.ts'

/** How long the first `warmData` of a hApp may take, in milliseconds: a conductor then compiles its zomes. */
export const WARM_MS = READY_MS

/** The age from which the template of another hApp is removed, in milliseconds: a week. */
const OLD_MS = 604_800_000

/**
 * The files of compiled zomes: the conductor's database of them, its log of latest writes, the key that encrypts
 * both, and the passphrase that seals that key. The last file names the hApp.
 */
const compiled = [
  'passphrase',
  'conductor/holochain/databases/db.key',
  'conductor/holochain/databases/wasm.db',
  'conductor/holochain/databases/wasm.db-wal',
  'conductor/compiled-happ',
]

/**
 * Makes the data folder `<folder>/<name>` and gives its path. A fresh one gets the zomes as a conductor has compiled
 * them before, from a template in the user's cache, so that a test does not wait a minute for each peer; a folder that
 * is there already stays as it is.
 *
 * Compiled code is all that peers share by this. It is a function of the hApp and of the conductor's version, which name
 * the template, and no test is about it; keys, chains, journal and credentials are made by each peer itself. The product
 * knows nothing of templates, and the test of `npm start` begins with folders that are truly fresh.
 */
export async function warmData(folder: string, name: string): Promise<string> {
  const data = join(folder, name)
  if (!existsSync(data)) await copyCompiled(await warmTemplate(), data)
  return data
}

/** Two peers of one test wait for the same template. */
let template: Promise<string> | null = null

/** The folder that is copied, for conductors that no daemon runs: it has a passphrase, and the conductor's databases. */
export function warmTemplate(): Promise<string> {
  template ??= openTemplate()
  return template
}

/** The folder of the template; made where it is missing, and then those of other hApps are removed once they are old. */
async function openTemplate(): Promise<string> {
  const { sha256 } = await readHapp(happFiles)
  const all = join(userPaths(readEnv(), process.platform).cache, 'test-template')
  const name = `${sha256}-holochain-${versions.holochain}`
  if (existsSync(join(all, name))) return join(all, name)
  await mkdir(all, { recursive: true })
  const made = await mkdtemp(join(all, 'making-'))
  const scratch = await mkdtemp(join(tmpdir(), 'ripple-warm-'))
  try {
    const daemon = await running(
      here,
      'up',
      '--network',
      'local',
      '--data',
      join(scratch, 'peer'),
      '--port',
      '0',
    )
    await daemon.end('SIGINT')
    await copyCompiled(join(scratch, 'peer'), made)
    for (const other of await readdir(all)) {
      // A quicker process may have removed it.
      const { mtimeMs } = await stat(join(all, other)).catch(() => ({ mtimeMs: Date.now() }))
      // Another clone may be at work on another hApp.
      if (other !== name && Date.now() - mtimeMs > OLD_MS)
        await rm(join(all, other), { recursive: true, force: true })
    }
    // The template of a quicker process is as good.
    await rename(made, join(all, name)).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOTEMPTY') throw thrown
    })
  } finally {
    await rm(made, { recursive: true, force: true })
    await rm(scratch, { recursive: true, force: true })
  }
  return join(all, name)
}

async function copyCompiled(from: string, to: string): Promise<void> {
  for (const file of compiled) {
    if (!existsSync(join(from, file))) continue
    await mkdir(dirname(join(to, file)), { recursive: true, mode: 0o700 })
    await copyFile(join(from, file), join(to, file), constants.COPYFILE_FICLONE)
  }
}
