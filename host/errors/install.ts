/** Lists the errors of an installation. */
import { type ErrorRow, row } from './row.ts'

/** Errors of programs that another machine gives, and of the service that runs the daemon. */
export const installErrors = {
  RIPPLE_SETUP_TOOLS: row(
    'the programs of {source} are refused: {detail}',
    "set RIPPLE_TOOLS_FROM as 'ripple tools serve' or 'ripple tools export' prints it, or build: unset it",
    500,
    1,
  ),
  RIPPLE_SERVICE_MANAGER: row(
    '{program} failed: {detail}',
    "run it in a session of this user; 'ripple service install --print' shows the file, and 'ripple up --detach' needs none",
    503,
    1,
  ),
  RIPPLE_SERVICE_FOREIGN: row(
    "{file} was not written by 'ripple service install'",
    'move it away and run the command again',
    409,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
