/** Examines this machine for `ripple doctor`, and compares it with another one. */
import { resolve } from 'node:path'
import { readState } from '../../api/state-file.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { dataPaths } from '../../config/paths.ts'
import { isFactsCode, readFactsCode, writeFactsCode } from '../../doctor/facts-code.ts'
import type { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Examiner, StatusView } from '../../operations/context.ts'
import type { Bundle } from '../../operations/local.ts'
import { status } from '../../operations/machine/shape.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import { doctorCompare, doctorFacts } from '../../operations/repair/shape.ts'
import { isAlive } from '../../processes/is-alive.ts'
import type { MachineFacts, PairFacts } from '../../types/machine-facts.ts'
import { checkUps } from '../facts/checks.ts'
import { compareByCode } from '../facts/compare-by-code.ts'
import { examine } from '../facts/examine.ts'
import { machineWithoutDaemon } from '../facts/machine.ts'
import { folderFacts } from '../facts/models.ts'
import { writeBundle } from './bundle.ts'

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
export interface Doctor extends Examiner {
  /** Writes an archive for a bug report. Rejects as `Local.bundle` does. */
  bundle(file: string | null, signal: AbortSignal): Promise<Bundle>
}

/** Makes the examination of the machine that has this configuration. */
export function makeDoctor(needs: DoctorNeeds): Doctor {
  const checks = checkUps({ ...needs, status: (signal) => statusOf(needs, signal) })
  const examineWith: Doctor['examine'] = (other, signal) =>
    examine(checks, compare(needs, other, signal), signal)
  return {
    examine: examineWith,
    bundle: async (file, signal) => {
      const [facts, found] = await Promise.all([factsOf(needs, signal), examineWith(null, signal)])
      const { config, env } = needs
      const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
      const documents = { 'facts.json': facts, 'checks.json': found }
      const parts = { config, home: env.home, documents }
      return writeBundle(file ?? resolve(`ripple-doctor-${stamp}.tar.gz`), parts, signal)
    },
    factsCode: async (signal) => writeFactsCode(await factsOf(needs, signal)),
  }
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

/** Returns the status of the running daemon; null without one. */
async function statusOf({ config, connect }: DoctorNeeds, signal: AbortSignal): Promise<StatusView | null> {
  const state = await readState(dataPaths(config.data).apiFile)
  if (state === null || !isAlive(state.pid)) return null
  return callOperation(await connect(config.data), status, {}, signal)
}
