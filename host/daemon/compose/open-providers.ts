/** Opens the configured providers with their secrets and audit file. */
import { join } from 'node:path'
import { storedToken } from '../../api/token.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import type { DataPaths } from '../../config/paths.ts'
import { limits } from '../../limits.ts'
import type { EgressLine, Providers } from '../../providers/port.ts'
import { openProviderSet } from '../../providers/provider-set.ts'
import { LogFile } from '../../telemetry/log-file.ts'
import type { Clock } from '../../types/clock.ts'
import type { Gate } from '../../types/decision.ts'
import type { Journal } from '../../work/journal/port.ts'
import { openSecrets } from './open-secrets.ts'

/** Parts of the daemon that the providers use. */
export interface ProviderNeeds {
  readonly config: Config
  readonly env: Env
  readonly paths: DataPaths
  /** The network's name. */
  readonly network: string
  readonly gate: Gate
  readonly journal: Journal
  readonly clock: Clock
}

/** Opens the configured providers, with the data folder's secrets. Each request adds a line to the egress file. */
export function openProviders(needs: ProviderNeeds): Promise<Providers> {
  const { config, env, paths, network, gate, journal, clock } = needs
  const audit = new LogFile(join(paths.logs, 'egress.ndjson'), limits.log_bytes_max)
  return openProviderSet({
    config: config.upstream,
    network,
    secrets: openSecrets(config.data, env).all,
    apiKeys: () => apiKeys(paths),
    gate,
    journal,
    clock,
    env: { path: env.path, home: env.home },
    record: (line: EgressLine) => audit.write(`${JSON.stringify(line)}\n`),
  })
}

/** Returns the keys that open this daemon's own API. Rejects if one exists and cannot be read. */
export async function apiKeys({ apiToken, openaiKey }: DataPaths): Promise<string[]> {
  const kept = await Promise.all([storedToken(apiToken), storedToken(openaiKey)])
  return kept.filter((token) => token !== null)
}
