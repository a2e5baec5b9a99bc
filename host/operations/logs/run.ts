/** Runs the operation that reads the daemon's log. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { logs } from './shape.ts'

/** The operation that reads the log. */
export const logsHandler: Handler<Context> = handle(logs, (context: Context, query, signal) =>
  context.readLog(query, signal),
)
