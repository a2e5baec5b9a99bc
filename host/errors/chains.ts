/** Lists the errors of a data folder's contents. */
import { type ErrorRow, row } from './row.ts'

/** Errors of a data folder's key, chains and journal. */
export const chainErrors = {
  RIPPLE_KEY_IN_USE: row(
    'another daemon writes with the key {agent}',
    'run one daemon for each key: stop the other, and never start a copy of its data folder',
    409,
    2,
  ),
  RIPPLE_CHAIN_BEHIND: row(
    "the chain of '{role}' lacks {missing}, which this key has written: the data folder is an old copy, and a write would fork the chain",
    "nothing is written until a peer returns the missing actions, which takes seconds if one is online; to fetch the whole chain again: 'ripple down && ripple restore && ripple up'",
    409,
    1,
  ),
  RIPPLE_CHAIN_LOST: row(
    'the conductor has no chain of the DNA {dna}, which it has a cell of: its database is lost',
    "'ripple restore && ripple up' fetches the chains from the peers",
    503,
    1,
  ),
  RIPPLE_RESTORE_FAILED: row(
    'the chains could not be fetched from the peers: {detail}',
    "a peer that holds them must be online; 'ripple up' continues the restore",
    503,
    1,
  ),
  RIPPLE_JOURNAL_CORRUPT: row(
    '{file} is damaged: {detail}',
    'move it aside to start without it: tasks come back from the chain, their payloads and the keys of their outputs do not',
    500,
    2,
  ),
  RIPPLE_DATA_NEWER: row(
    '{file} was written by a newer Ripple: its format is version {found}, and this Ripple knows up to version {known}',
    'run the Ripple that wrote it, or a newer one, or name another data folder with --data; nothing was changed',
    409,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
