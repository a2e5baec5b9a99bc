import { homedir, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The user's cache: tools, models and build folders live here, outside the clone. */
export const cache = join(
  process.env.XDG_CACHE_HOME || join(homedir(), platform() === 'darwin' ? 'Library/Caches' : '.cache'),
  'ripple',
)

/** Where set-up installs the conductor and the bootstrap server. */
export const toolsBin = join(cache, 'tools', 'bin')

/** The Node that the project runs on, once `npm ci` has been done. */
export const ownNode = join(project, 'node_modules', 'node', 'bin', 'node')
