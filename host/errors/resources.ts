/** Lists the errors of allocations. */
import { type ErrorRow, row } from './row.ts'

/** Errors of offers of resources and of allocations. */
export const resourceErrors = {
  RIPPLE_RESOURCE_INVALID: row(
    "'{field}': {detail}",
    "compute has cores, memory and a GPU, inference names a model, storage has disk: 'ripple resource allocate --help'",
    400,
    2,
  ),
  RIPPLE_RESOURCE_NONE: row(
    'no machine offers that much now',
    "see 'ripple resource ls' for what each offers and what is free, and ask for less or later",
    409,
    4,
  ),
  RIPPLE_RESOURCE_REFUSED: row(
    '{node} refuses the allocation: {detail}',
    "ask another machine with --node, or ask for less: 'ripple resource ls'",
    409,
    4,
  ),
  RIPPLE_ALLOCATION_UNKNOWN: row(
    "no allocation '{id}' runs that this machine holds or gave",
    "it may have ended: 'ripple resource ls' lists those that run",
    404,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
