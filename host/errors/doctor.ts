/** Lists the errors of `doctor`. */
import { type ErrorRow, row } from './row.ts'

/** Errors of a comparison with another machine. */
export const doctorErrors = {
  RIPPLE_DOCTOR_CODE: row(
    'this is not a code of a machine: {detail}',
    "run 'ripple doctor --code' on the other machine, and copy the whole line",
    400,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
