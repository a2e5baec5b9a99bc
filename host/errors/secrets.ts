/** Lists the errors of secrets. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the secret store. */
export const secretErrors = {
  RIPPLE_SECRET_INVALID: row(
    "the secret '{name}' cannot be stored: {detail}",
    'give the value alone, on standard input',
    400,
    2,
  ),
  RIPPLE_SECRET_MANY: row('there are {max} secrets already', "remove one with 'ripple secret rm'", 409, 2),
  RIPPLE_SECRET_UNKNOWN: row("the data folder has no secret '{name}'", "see 'ripple secret ls'", 404, 1),
  RIPPLE_SECRET_UNREADABLE: row(
    "the secret '{name}' cannot be read: {detail}",
    "set it again with 'ripple secret set {name} --stdin'",
    500,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
