/** Lists the operations that can be called, with the code that runs them. */
import { askHandler } from './ask/run.ts'
import type { Context } from './context.ts'
import type { Local } from './local.ts'
import { machineHandlers } from './machine/run.ts'
import type { Handler } from './operation.ts'
import { taskHandlers } from './task/run.ts'
import { wholeDaemon, wholeLocal } from './unsplit.ts'

/** The operations of a running daemon. */
export const daemonHandlers: readonly Handler<Context>[] = [
  ...machineHandlers,
  askHandler,
  ...taskHandlers,
  ...wholeDaemon,
]

/** The operations of the command itself. */
export const localHandlers: readonly Handler<Local>[] = wholeLocal
