/** Runs the operations on the secrets of the data folder, in the command itself and in the daemon. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { secretLs, secretRm, secretSet } from './shape.ts'

/** The operations on secrets that can be called. */
export const secretHandlers: readonly Handler<Pick<Context, 'secrets'>>[] = [
  handle(secretSet, async ({ secrets }, { name, base64 }) => {
    await secrets.set(name, Buffer.from(base64, 'base64'))
    return { name }
  }),
  handle(secretLs, async ({ secrets }) => ({ secrets: await secrets.list() })),
  handle(secretRm, async ({ secrets }, { name }) => {
    if (!(await secrets.remove(name))) throw new RippleError('RIPPLE_SECRET_UNKNOWN', { name })
    return { name }
  }),
]
