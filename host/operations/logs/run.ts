/** Runs the operations on the daemon's log. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { logs, logsLevel } from './shape.ts'

/** The operations on the log that can be called. */
export const logsHandlers: readonly Handler<Context>[] = [
  handle(logs, (context: Context, query, signal) => context.readLog(query, signal)),
  handle(logsLevel, async ({ logLevel }: Context, { level }) => ({ level, was: logLevel.change(level) })),
]
