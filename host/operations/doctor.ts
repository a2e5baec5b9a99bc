/** Defines the verb `doctor`. */
import { z } from 'zod'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { withCommand } from './command-name.ts'
import { table } from './layout.ts'
import type { CheckUp, Finding, Local } from './local.ts'
import { doctorView } from './local-views.ts'
import { operation } from './whole.ts'

const nothing = z.strictObject({})

/** Checks this machine, with all checks in parallel. */
export const doctor = operation<Local, typeof nothing, typeof doctorView>({
  name: 'doctor',
  effect: 'read',
  summary: 'Check this machine, and name each problem and its fix',
  examples: ['ripple doctor', 'ripple doctor --json'],
  input: nothing,
  output: doctorView,
  cli: {},
  run: async (local, _given, signal) => ({
    checks: await Promise.all(
      local.checks().map(async (check) => ({ name: check.name, ...(await look(check, signal)) })),
    ),
  }),
  render: ({ checks }, screen) => ({
    lines: table(
      ['CHECK', '', { head: 'FOUND', wrap: true }],
      checks.map((check) => [
        check.name,
        check.level,
        withCommand(check.fix === null ? check.detail : `${check.detail}: ${check.fix}`, screen.command()),
      ]),
      screen,
    ),
  }),
  exit: ({ checks }) => (checks.some((check) => check.level === 'fail') ? 1 : 0),
})

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
