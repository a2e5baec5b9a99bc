/** Runs the operations on the secrets of the data folder. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { secretLs, secretRm, secretSet } from './shape.ts'

/** The operations on secrets that can be called. */
export const secretHandlers: readonly Handler<Local>[] = [
  handle(secretSet, async ({ secrets }: Local, { name, base64 }) => {
    await secrets.set(name, Buffer.from(base64, 'base64'))
    return { name }
  }),
  handle(secretLs, async ({ secrets }: Local) => ({ secrets: [...(await secrets.list())] })),
  handle(secretRm, async ({ secrets }: Local, { name }) => {
    if (!(await secrets.remove(name))) throw new RippleError('RIPPLE_SECRET_UNKNOWN', { name })
    return { name }
  }),
]
