/** Lists the errors of keys and their scopes. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the keys that the owner makes for programs. */
export const keyErrors = {
  RIPPLE_SCOPE_REFUSED: row(
    "the key '{name}' lacks the scope '{scope}'",
    "use a key with that scope: 'ripple key create NAME --scope {scope}' makes one",
    403,
    4,
  ),
  RIPPLE_KEY_SPENT: row(
    "the {max} tokens of the key '{name}' for today are spent",
    'ask again after midnight UTC, in {retry_after_s} s, or use another key',
    429,
    4,
  ),
  RIPPLE_KEY_EXISTS: row(
    "there is a key '{name}' already",
    "name the new one differently, or remove that one with 'ripple key rm {name}'",
    409,
    2,
  ),
  RIPPLE_KEY_MANY: row('there are {max} keys already', "remove one with 'ripple key rm'", 409, 2),
  RIPPLE_KEY_UNKNOWN: row("there is no key '{name}'", "see 'ripple key ls'", 404, 1),
} as const satisfies Record<string, ErrorRow>
