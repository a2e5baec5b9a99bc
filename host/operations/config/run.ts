/** Runs the operation that shows the configuration. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { configShow } from './shape.ts'

/** The operation that shows the configuration. */
export const configHandler: Handler<Context> = handle(configShow, async (context: Context) =>
  context.configuration(),
)
