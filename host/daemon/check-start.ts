/** Finds what would keep a daemon from starting, before its start writes anything. */
import type { Config } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { readNetwork } from '../config/network.ts'
import { portIsFree } from './port-free.ts'
import { locateProgram } from './programs.ts'

/** Rejects with `RIPPLE_NETWORK_INVALID`, `RIPPLE_PORT_TAKEN`, `RIPPLE_CONDUCTOR_MISSING` and `RIPPLE_CONDUCTOR_VERSION`. */
export async function checkStart(config: Config, env: Pick<Env, 'path'>, signal: AbortSignal): Promise<void> {
  readNetwork(config.network, config.network_file)
  await portIsFree(config.api.port)
  await locateProgram('holochain', env, config.cache, signal)
}
