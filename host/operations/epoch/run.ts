/** Runs the operations on the epochs of the network. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { epochExport, epochLs } from './shape.ts'

/** The operations on epochs that can be called. */
export const epochHandlers: readonly Handler<Context>[] = [
  handle(epochLs, async ({ epochs }: Context) => ({ epochs: await epochs.list() })),
  handle(epochExport, async ({ epochs }: Context, { epoch }, signal) => ({
    archive: await epochs.export(epoch, signal),
  })),
]
