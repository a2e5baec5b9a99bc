/** Runs the operations that find and fix faults of this machine. */
import { RippleError } from '../../errors/ripple-error.ts'
import { type ErrorCode, errors } from '../../errors/table.ts'
import type { Context, Examiner } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { doctor, doctorBundle, doctorCompare, doctorFacts, explain, restore } from './shape.ts'

/** Explains a code, with or without a daemon. */
const explainHandler: Handler<unknown> = handle(explain, async (_context, { code: given }) => {
  const code = given.toUpperCase()
  if (!Object.hasOwn(errors, code))
    throw new RippleError('RIPPLE_USAGE', { detail: `no error is called '${given}'` })
  return { code, ...errors[code as ErrorCode] }
})

/** Examines this machine, with or without a daemon. */
const doctorHandler: Handler<{ readonly doctor: Examiner }> = handle(
  doctor,
  async ({ doctor: examiner }, { with: other, code }, signal) =>
    code ? { checks: [], code: await examiner.factsCode(signal) } : examiner.examine(other ?? null, signal),
)

/** The daemon's operations that find faults. */
export const factsHandlers: readonly Handler<Context>[] = [
  handle(doctorFacts, ({ doctor }: Context, _given, signal) => doctor.facts(signal)),
  handle(doctorCompare, ({ doctor }: Context, { peer }, signal) => doctor.compare(peer, signal)),
  doctorHandler,
  explainHandler,
]

/** The operations on faults that can be called. */
export const repairHandlers: readonly Handler<Local>[] = [
  handle(restore, (local: Local) => local.prepareRestore()),
  doctorHandler,
  handle(doctorBundle, (local: Local, { file }, signal) => local.bundle(file ?? null, signal)),
  explainHandler,
]
