import { platform, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

// A relative path is ignored, as the XDG specification asks and host/config/env.ts does: both must mean one folder.
const xdgCache = process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : null

// `homedir()` takes an empty HOME at its word, which would put the cache into whatever folder this runs in.
const home = process.env.HOME || userInfo().homedir

/** The user's cache: tools, models and build folders live here, outside the clone. */
export const cache = join(
  xdgCache ?? join(home, platform() === 'darwin' ? 'Library/Caches' : '.cache'),
  'ripple',
)

/** Where cargo and npm keep what they have fetched, for all projects of the user. npm tells its scripts. */
export const cargoHome = process.env.CARGO_HOME || join(home, '.cargo')
export const npmCache = process.env.npm_config_cache || join(home, '.npm')

/** Where a program is compiled: kept when that is interrupted, removed when it is done. */
export const buildFolder = (program) => join(cache, 'build', program)

/** Where set-up installs the conductor and the bootstrap server. */
export const toolsBin = join(cache, 'tools', 'bin')

/** The Node that the project runs on, once `npm ci` has been done. */
export const ownNode = join(project, 'node_modules', 'node', 'bin', 'node')
