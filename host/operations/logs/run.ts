/** Runs the operation that reads the daemon's log. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { logs } from './shape.ts'

/** The operation that reads the log. */
export const logsHandler: Handler<Context> = handle(logs, async (context: Context, query, signal) => {
  const { lines, ...page } = await context.readLog(query, signal)
  return { ...page, lines: lines.map((line) => ({ ...line, fields: { ...line.fields } })) }
})
