/** Runs the operations on the keys of programs. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { keyCreate, keyLs, keyRm } from './shape.ts'

/** The operations on keys that can be called. */
export const keyHandlers: readonly Handler<Context>[] = [
  handle(keyCreate, async ({ keys }: Context, given) => ({ ...given, key: await keys.create(given) })),
  handle(keyLs, async ({ keys }: Context) => ({
    keys: keys.list().map((key) => ({ ...key, scopes: [...key.scopes] })),
  })),
  handle(keyRm, async ({ keys }: Context, given) => {
    await keys.remove(given.name)
    return given
  }),
]
