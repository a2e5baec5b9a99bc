/** Reads and writes a data folder's last network, and the name that the machine had there. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { writeAtomic } from '../files/write-atomic.ts'
import type { Config } from './config.ts'
import { dataPaths } from './paths.ts'

const lastNetwork = z.strictObject({
  network: z.string(),
  /** The server's URL with the local network's name; null if no URL was given. */
  bootstrap_url: z.string().nullable(),
  /** The local network's name where the URL names none. */
  local: z.string().optional(),
  /** Whether every machine of the local network is accepted. */
  open: z.boolean().optional(),
  name: z.string(),
})

/** The network and name that the next start uses again. */
export type LastNetwork = z.output<typeof lastNetwork>

/** The codes of a missing file or an impossible folder: the folder's own check says why. */
const WITHOUT_NOTE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'])

/**
 * Reads the last network; null without one. A damaged file throws `RIPPLE_NOTE_DAMAGED` if the start needs it, because the
 * start would otherwise create another network. In other cases it counts as missing. Throws `RIPPLE_DATA_FORBIDDEN` too.
 */
export function readLastNetwork(data: string, isNeeded: boolean): LastNetwork | null {
  const file = dataPaths(data).lastNetwork
  try {
    return lastNetwork.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException
    if (!isNeeded || WITHOUT_NOTE.has(code)) return null
    if (code === 'EACCES') throw new RippleError('RIPPLE_DATA_FORBIDDEN', { data }, { cause: thrown })
    const fix =
      "start with --local and the network's name, or with --bootstrap and the URL, as 'ripple status' prints it on a peer"
    throw new RippleError(
      'RIPPLE_NOTE_DAMAGED',
      { file, what: 'the network of the last run', fix },
      { cause: thrown },
    )
  }
}

/** Writes the last network. Rejects as the file system does. */
export async function writeLastNetwork({ data, network, bootstrap_url, local, name }: Config): Promise<void> {
  const last: LastNetwork = { network, bootstrap_url, local: local.name, open: local.open, name }
  await writeAtomic(dataPaths(data).lastNetwork, `${JSON.stringify(last)}\n`)
}
