/** Runs the operations that find and fix faults of this machine. */
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { type ErrorCode, errors } from '../../errors/table.ts'
import { limits } from '../../limits.ts'
import type { CheckUp, Finding, Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { doctor, explain, restore } from './shape.ts'

/** The operations on faults that can be called. */
export const repairHandlers: readonly Handler<Local>[] = [
  handle(restore, (local: Local) => local.prepareRestore()),
  handle(doctor, async (local: Local, _given, signal) => ({
    checks: await Promise.all(
      local.checks().map(async (check) => ({ name: check.name, ...(await look(check, signal)) })),
    ),
  })),
  handle(explain, async (_local: Local, { code: given }) => {
    const code = given.toUpperCase()
    if (!Object.hasOwn(errors, code))
      throw new RippleError('RIPPLE_USAGE', { detail: `no error is called '${given}'` })
    return { code, ...errors[code as ErrorCode] }
  }),
]

/**
 * Runs one check. A check that throws or hangs is itself a finding: `doctor` must answer on a machine with many faults.
 */
async function look(check: CheckUp, signal: AbortSignal): Promise<Finding> {
  const deadline = AbortSignal.timeout(limits.doctor_check_ms)
  const late = new Promise<Finding>((resolve) => {
    deadline.addEventListener('abort', () =>
      resolve({ level: 'warn', detail: 'no answer in time', fix: 'run it again' }),
    )
  })
  try {
    return await Promise.race([check.run(AbortSignal.any([signal, deadline])), late])
  } catch (thrown) {
    const error = toRippleError(thrown)
    return { level: 'fail', detail: `${error.message} [${error.code}]`, fix: error.hint }
  }
}
