/** Lists the errors of an installation. */
import { type ErrorRow, row } from './row.ts'

/** Errors of programs that another machine gives. */
export const installErrors = {
  RIPPLE_SETUP_TOOLS: row(
    'the programs of {source} are refused: {detail}',
    "set RIPPLE_TOOLS_FROM as 'ripple tools serve' or 'ripple tools export' prints it, or build: unset it",
    500,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
