/** Lists the operations that are still defined in one piece. */
import type { Context } from './context.ts'
import type { Local } from './local.ts'
import { openPage, pageCode } from './open.ts'
import { bootstrap, down, up } from './up.ts'
import type { Whole } from './whole.ts'

/** Those of a running daemon. */
export const wholeDaemon: readonly Whole<Context>[] = [pageCode]

/** Those of the command itself. */
export const wholeLocal: readonly Whole<Local>[] = [up, down, openPage, bootstrap]
