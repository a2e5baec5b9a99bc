/** Lists the errors of the set-up of a machine. */
import { type ErrorRow, row } from './row.ts'

/** Errors of `npm start` before a daemon runs. */
export const setupErrors = {
  RIPPLE_SETUP_PLATFORM: row(
    '{platform} is not supported',
    'use Linux or macOS on x86_64 or ARM64, on Windows by WSL2',
    500,
    2,
  ),
  RIPPLE_SETUP_NODE: row('Node {found} is too old', 'install Node 20 or newer', 500, 2),
  RIPPLE_SETUP_MISSING: row(
    'this machine lacks: {programs}',
    'run the line that set-up prints for each, then start again',
    500,
    2,
  ),
  RIPPLE_SETUP_SPACE: row(
    'set-up takes {needed} of disk under {folders}, and {free} is free there',
    'free some disk, or set XDG_CACHE_HOME to a folder on a larger one, and start again',
    507,
    2,
  ),
  RIPPLE_SETUP_PACKAGES: row(
    'the packages could not be installed: {detail}',
    'check the connection to the npm registry, and that install scripts are allowed, and start again',
    500,
    1,
  ),
  RIPPLE_SETUP_BUILD: row(
    '{program} could not be built: {detail}',
    'start again: finished parts are kept',
    500,
    1,
  ),
  RIPPLE_SETUP_MODEL: row(
    'the model could not be fetched: {detail}',
    'check the connection and start again',
    500,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
