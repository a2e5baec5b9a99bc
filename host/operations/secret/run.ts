/** Runs the operations on the secrets of the data folder, in the command itself and in the daemon. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { LocalSecrets } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { secretLs, secretRm, secretSet } from './shape.ts'

interface HasSecrets {
  readonly secrets: LocalSecrets
}

/** The operations on secrets that can be called. */
export const secretHandlers: readonly Handler<HasSecrets>[] = [
  handle(secretSet, async ({ secrets }: HasSecrets, { name, base64 }) => {
    await secrets.set(name, Buffer.from(base64, 'base64'))
    return { name }
  }),
  handle(secretLs, async ({ secrets }: HasSecrets) => ({ secrets: await secrets.list() })),
  handle(secretRm, async ({ secrets }: HasSecrets, { name }) => {
    if (!(await secrets.remove(name))) throw new RippleError('RIPPLE_SECRET_UNKNOWN', { name })
    return { name }
  }),
]
