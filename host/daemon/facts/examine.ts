/** Examines a machine: runs its own checks, judges its facts, and compares it with another machine. */
import { checkMachine } from '../../doctor/check-machine.ts'
import { checkPair } from '../../doctor/check-pair.ts'
import { writeFactsCode } from '../../doctor/facts-code.ts'
import { causeSentence, likelyCause } from '../../doctor/likely-cause.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Examination, Examiner } from '../../operations/context.ts'
import type { Finding, Result } from '../../types/finding.ts'
import type { MachineFacts, PairFacts } from '../../types/machine-facts.ts'
import { type CheckNeeds, type CheckUp, checkUps } from './checks.ts'
import type { DoctorService } from './doctor-service.ts'

/** The facts of this machine, and of the other one if one is named. */
interface Compared {
  readonly here: MachineFacts
  readonly pair: PairFacts | null
}

/** Opens the examination of this machine by its own daemon. */
export function openExaminer(
  needs: Omit<CheckNeeds, 'problem'>,
  { facts, compare }: Pick<DoctorService, 'facts' | 'compare'>,
): Examiner {
  const checks = checkUps({ ...needs, problem: null })
  return {
    examine: (other, signal) => {
      const compared =
        other === null ? facts(signal).then((here) => ({ here, pair: null })) : compare(other, signal)
      return examine(checks, compared, signal)
    },
    factsCode: async (signal) => writeFactsCode(await facts(signal)),
  }
}

/** Runs the checks while the facts are collected, and judges all. Rejects as `compared` does. */
export async function examine(
  checks: readonly CheckUp[],
  compared: Promise<Compared>,
  signal: AbortSignal,
): Promise<Examination> {
  const own = Promise.all(checks.map((check) => look(check, signal)))
  // The checks go on meanwhile; none rejects.
  const { here, pair } = await compared
  return judge(here, pair, await own)
}

/** Judges the facts of this machine and of another one, with the findings that are known already. */
function judge(here: MachineFacts, pair: PairFacts | null, own: readonly Finding[]): Examination {
  const checks = [
    ...own,
    ...checkMachine(here),
    ...(pair === null ? [] : checkPair(here, pair)),
    ...(pair?.there ? checkMachine(pair.there, pair.name) : []),
  ]
  const cause = likelyCause(checks)
  const other = pair?.name ?? null
  return { checks, with: other, cause, conclusion: causeSentence(cause, checks, other), code: null }
}

/**
 * Runs one check. A check that throws or hangs is itself a finding: `doctor` must answer on a machine with many faults.
 */
async function look(check: CheckUp, signal: AbortSignal): Promise<Finding> {
  const { name } = check
  const deadline = AbortSignal.timeout(limits.doctor_check_ms)
  const late = new Promise<Result>((resolve) => {
    deadline.addEventListener('abort', () =>
      resolve({ level: 'warn', detail: 'no answer in time', fix: 'run it again' }),
    )
  })
  try {
    const result = await Promise.race([check.run(AbortSignal.any([signal, deadline])), late])
    return { name, of: null, ...result }
  } catch (thrown) {
    const error = toRippleError(thrown)
    return { name, of: null, level: 'fail', detail: `${error.message} [${error.code}]`, fix: error.hint }
  }
}
