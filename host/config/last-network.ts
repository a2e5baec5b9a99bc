/** Reads and writes a data folder's last network, and the name that the machine had there. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeAtomic } from '../api/state-file.ts'
import type { Config } from './config.ts'
import { dataPaths } from './paths.ts'

const lastNetwork = z.strictObject({
  network: z.string(),
  /** The server's URL with the session; null for the network file's server, or an own one. */
  bootstrap_url: z.string().nullable(),
  name: z.string(),
})

/** The network and name that the next start uses again. */
export type LastNetwork = z.output<typeof lastNetwork>

/** Reads the last network; null where there was none, and where the file is damaged. */
export function readLastNetwork(data: string): LastNetwork | null {
  try {
    return lastNetwork.parse(JSON.parse(readFileSync(dataPaths(data).lastNetwork, 'utf8')))
  } catch {
    return null
  }
}

/** Writes the last network. Rejects as the file system does. */
export async function writeLastNetwork({ data, network, bootstrap_url, name }: Config): Promise<void> {
  await writeAtomic(
    dataPaths(data).lastNetwork,
    `${JSON.stringify({ network, bootstrap_url, name } satisfies LastNetwork)}\n`,
  )
}
