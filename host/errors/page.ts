/** Lists the errors of the page. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the page. The page imports only this table, for the errors that it makes itself. */
export const pageErrors = {
  RIPPLE_PAGE_CODE: row(
    'the code is used up, or older than {seconds} seconds',
    "run 'ripple open' again: a code works for one page",
    401,
    2,
  ),
  RIPPLE_PAGE_MISMATCH: row('{file} is not the pinned page: {detail}', 'restore it with git', 500, 2),
  RIPPLE_PAGE_UNREACHABLE: row(
    'the daemon does not answer',
    "see 'ripple status'; if the daemon was restarted, run 'ripple open' again",
    503,
    3,
  ),
  RIPPLE_PAGE_CUT_OFF: row(
    'the answer broke off',
    "ask again; 'ripple task list' shows how the task ended",
    502,
    1,
  ),
  RIPPLE_PAGE_UNREADABLE: row(
    "the daemon's answer cannot be read: {detail}",
    'reload the page: the daemon may be of another version',
    502,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
