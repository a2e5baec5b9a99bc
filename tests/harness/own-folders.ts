/** Gives a peer a user of its own. */
import { dirname, join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'

/** Returns the variables of a user who shares nothing with others except downloaded models and tools. */
export function ownFolders(home: string): Record<string, string> {
  const cache = dirname(userPaths(readEnv(), process.platform).cache)
  return {
    HOME: home,
    XDG_CACHE_HOME: cache,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
  }
}
