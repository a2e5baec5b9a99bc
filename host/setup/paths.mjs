// Names the folders that set-up uses.
import { platform, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

// A relative path is ignored, as the XDG specification asks and host/config/env.ts does: both must mean one folder.
const xdgCache = process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : null

// `homedir()` accepts an empty HOME, which would put the cache into the working folder.
const home = process.env.HOME || userInfo().homedir

/** The user's cache: tools, models and build folders, outside the clone. */
export const cache = join(
  xdgCache ?? join(home, platform() === 'darwin' ? 'Library/Caches' : '.cache'),
  'ripple',
)

/** The download folders of cargo and npm, for all projects of the user. npm passes its own to its scripts. */
export const cargoHome = process.env.CARGO_HOME || join(home, '.cargo')
export const npmCache = process.env.npm_config_cache || join(home, '.npm')

/** Returns the build folder of a program. An interrupted build leaves it, and a finished one removes it. */
export const buildFolder = (program) => join(cache, 'build', program)

/** The folder into which set-up installs the conductor and the bootstrap server. */
export const toolsBin = join(cache, 'tools', 'bin')

/** The Node that the project runs on, once `npm ci` has run. */
export const ownNode = join(project, 'node_modules', 'node', 'bin', 'node')
