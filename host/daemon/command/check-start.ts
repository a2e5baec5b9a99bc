/** Checks for common obstacles to a daemon's start, before it writes anything. */
import { existsSync } from 'node:fs'
import { checkDataFolder } from '../../config/check-data.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { readNetwork, resolveNetwork } from '../../config/network.ts'
import { dataPaths } from '../../config/paths.ts'
import { portIsFree } from '../machine/port-free.ts'
import { locateProgram } from '../machine/programs.ts'

/**
 * Checks data folder, network, ports and conductor, and says so if the start will take long. Rejects with `RIPPLE_DATA_NO_FOLDER`,
 * `RIPPLE_DATA_FORBIDDEN`, `RIPPLE_NETWORK_INVALID`, `RIPPLE_PORT_TAKEN`, `RIPPLE_CONDUCTOR_MISSING`, `RIPPLE_CONDUCTOR_VERSION`.
 */
export async function checkStart(
  config: Config,
  env: Pick<Env, 'path'>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await checkDataFolder(config.data)
  const file = readNetwork(config.network, config.network_file)
  resolveNetwork(file, { bootstrap: config.bootstrap_url, localName: config.local.name })
  await portIsFree(config.api.port)
  if (config.api.ollama !== 'off') await portIsFree(config.api.ollama_port)
  await locateProgram('holochain', env, config.cache, signal)
  // The conductor compiles the hApp then. The file is written at the end of a start.
  if (!existsSync(dataPaths(config.data).lastNetwork))
    say('the first start on a folder takes a minute or two')
}
