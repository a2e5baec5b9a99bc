/** Opens the configured MCP servers with their secrets. */
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import type { DataPaths } from '../../config/paths.ts'
import { openTools } from '../../tools/open-tools.ts'
import type { Tools } from '../../tools/port.ts'
import type { Gate } from '../../types/decision.ts'
import { systemClock } from '../../work/context/clock.ts'
import { apiKeys } from './open-providers.ts'
import { openSecrets } from './open-secrets.ts'

/** Parts of the daemon that the tools use. */
export interface ToolNeeds {
  readonly config: Config
  readonly env: Env
  readonly paths: DataPaths
  readonly gate: Gate
}

/** Opens the tools of the configured MCP servers, with the data folder's secrets. */
export function openDaemonTools({ config, env, paths, gate }: ToolNeeds): Tools {
  return openTools({
    config: config.mcp,
    secrets: openSecrets(config.data, env).all,
    apiKeys: () => apiKeys(paths),
    gate,
    clock: systemClock,
    path: env.path,
  })
}
