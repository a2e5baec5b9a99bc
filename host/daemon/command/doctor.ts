/** Examines this machine for `ripple doctor`, and compares it with another one. */
import { resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { checkMachine } from '../../doctor/check-machine.ts'
import { checkPair } from '../../doctor/check-pair.ts'
import { isFactsCode, readFactsCode, writeFactsCode } from '../../doctor/facts-code.ts'
import { causeSentence, likelyCause } from '../../doctor/likely-cause.ts'
import { type RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Bundle, Examined } from '../../operations/local.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import { doctorCompare, doctorFacts } from '../../operations/repair/shape.ts'
import type { Finding, Result } from '../../types/finding.ts'
import type { MachineFacts, PairFacts } from '../../types/machine-facts.ts'
import { compareByCode } from '../facts/compare-by-code.ts'
import { machineWithoutDaemon } from '../facts/machine.ts'
import { folderFacts } from '../facts/models.ts'
import { writeBundle } from './bundle.ts'
import { type CheckUp, checkUps } from './checks.ts'

/** The inputs of an examination. */
export interface DoctorNeeds {
  readonly config: Config
  /** The fault of the configuration; null without one. */
  readonly problem: RippleError | null
  readonly env: Env
  /** Finds the daemon of a data folder. Rejects with `RIPPLE_NO_DAEMON`. */
  readonly connect: (data: string) => Promise<Remote>
}

/** The examination of this machine. */
export interface Doctor {
  /** Checks this machine, and compares it with another one. Rejects as `Local.examine` does. */
  examine(other: string | null, signal: AbortSignal): Promise<Examined>
  /** Returns this machine's facts as one line. */
  factsCode(signal: AbortSignal): Promise<string>
  /** Writes an archive for a bug report. Rejects as `Local.bundle` does. */
  bundle(file: string | null, signal: AbortSignal): Promise<Bundle>
}

/** Makes the examination of the machine that has this configuration. */
export function makeDoctor(needs: DoctorNeeds): Doctor {
  const examine: Doctor['examine'] = async (other, signal) => {
    const own = Promise.all(checkUps(needs, needs.env, needs.connect).map((check) => look(check, signal)))
    // The checks go on meanwhile; none rejects.
    const { here, pair } = await compare(needs, other, signal)
    return { ...judge(here, pair, await own), code: null }
  }
  return {
    examine,
    bundle: async (file, signal) => {
      const [facts, checks] = await Promise.all([factsOf(needs, signal), examine(null, signal)])
      const { config, env } = needs
      const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
      const documents = { 'facts.json': facts, 'checks.json': checks }
      const parts = { config, home: env.home, documents }
      return writeBundle(file ?? resolve(`ripple-doctor-${stamp}.tar.gz`), parts, signal)
    },
    factsCode: async (signal) => writeFactsCode(await factsOf(needs, signal)),
  }
}

/** Judges the facts of this machine and of another one, with the findings that are known already. */
function judge(here: MachineFacts, pair: PairFacts | null, own: readonly Finding[]): Omit<Examined, 'code'> {
  const checks = [
    ...own,
    ...checkMachine(here),
    ...(pair === null ? [] : checkPair(here, pair)),
    ...(pair?.there ? checkMachine(pair.there, pair.name) : []),
  ]
  const cause = likelyCause(checks)
  const other = pair?.name ?? null
  return { checks, with: other, cause, conclusion: causeSentence(cause, checks, other) }
}

/** Compares this machine with another one, if one is named. */
async function compare(
  needs: DoctorNeeds,
  other: string | null,
  signal: AbortSignal,
): Promise<{ readonly here: MachineFacts; readonly pair: PairFacts | null }> {
  if (other === null) return { here: await factsOf(needs, signal), pair: null }
  const ask = async (until: AbortSignal) =>
    callOperation(await needs.connect(needs.config.data), doctorCompare, { peer: other }, until)
  if (!isFactsCode(other)) return ask(signal)
  readFactsCode(other)
  // A daemon knows more of the other machine. Without one that answers, this process compares.
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_check_ms)])
  const asked = await ask(until).catch(() => null)
  if (asked !== null) return asked
  const here = await factsOf(needs, signal)
  return { here, pair: await compareByCode(other, here, null, signal) }
}

/** Returns the facts of the running daemon, or what this process finds without one that answers. */
async function factsOf({ config, env, connect }: DoctorNeeds, signal: AbortSignal): Promise<MachineFacts> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_check_ms)])
  const running = await connect(config.data)
    .then((remote) => callOperation(remote, doctorFacts, {}, until))
    .catch(() => null)
  if (running !== null) return running
  const models = (until: AbortSignal) => folderFacts(config.cache, until)
  return machineWithoutDaemon({ config, env, models }, signal)
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
