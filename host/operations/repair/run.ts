/** Runs the operations that find and fix faults of this machine. */
import { RippleError } from '../../errors/ripple-error.ts'
import { type ErrorCode, errors } from '../../errors/table.ts'
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { doctor, doctorBundle, doctorCompare, doctorFacts, explain, restore } from './shape.ts'

/** The daemon's operations for `doctor`. */
export const factsHandlers: readonly Handler<Context>[] = [
  handle(doctorFacts, ({ doctor }: Context, _given, signal) => doctor.facts(signal)),
  handle(doctorCompare, ({ doctor }: Context, { peer }, signal) => doctor.compare(peer, signal)),
]

/** The operations on faults that can be called. */
export const repairHandlers: readonly Handler<Local>[] = [
  handle(restore, (local: Local) => local.prepareRestore()),
  handle(doctor, async (local: Local, { with: other, code }, signal) =>
    code ? { checks: [], code: await local.factsCode(signal) } : local.examine(other ?? null, signal),
  ),
  handle(doctorBundle, (local: Local, { file }, signal) => local.bundle(file ?? null, signal)),
  handle(explain, async (_local: Local, { code: given }) => {
    const code = given.toUpperCase()
    if (!Object.hasOwn(errors, code))
      throw new RippleError('RIPPLE_USAGE', { detail: `no error is called '${given}'` })
    return { code, ...errors[code as ErrorCode] }
  }),
]
