/** Gives the owner's operations what they need: secrets, log, settings, service. */
import { valueAt } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { allSettings } from '../../config/settings.ts'
import type { Context } from '../../operations/context.ts'
import { readLog } from '../../telemetry/read-log.ts'
import { json } from '../../types/json.ts'
import { openService } from '../install/service.ts'
import { openSecrets } from './open-secrets.ts'
import type { Parts } from './parts.ts'

/** Returns these parts of the context. Nothing is read before it is asked for. */
export function ownersTools(
  { config, paths, logLevel }: Pick<Parts, 'config' | 'paths' | 'logLevel'>,
  env: Env,
): Pick<Context, 'secrets' | 'service' | 'readLog' | 'logLevel' | 'configuration'> {
  const { all, files } = openSecrets(config.data, env)
  const { platform } = process
  const daemonPid = async () => process.pid
  return {
    secrets: {
      set: (name, value) => files.set(name, value),
      remove: (name) => files.remove(name),
      list: () => all.list(),
    },
    service: openService({ env, data: config.data, cache: config.cache, platform, daemonPid }),
    readLog: (query, signal) => readLog(paths.log, logLevel.now(), query, signal),
    logLevel,
    configuration: () => ({
      file: config.file,
      settings: allSettings.map(({ path, env: variable, kind, about }) => ({
        name: path.join('.'),
        value: json.parse(valueAt(config, path)),
        from: config.origins[path.join('.')] ?? 'default',
        variable: kind === 'object' ? null : variable,
        about,
      })),
    }),
  }
}
