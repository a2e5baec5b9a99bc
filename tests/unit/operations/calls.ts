import { presenterOf } from '../../../host/cli/present/index.ts'
import type { Context } from '../../../host/operations/context.ts'
import { daemonHandlers } from '../../../host/operations/handlers.ts'

/** Calls a daemon's operation, as the API does. */
export function call(name: string, context: Context, input: unknown, signal: AbortSignal): Promise<unknown> {
  const handler = daemonHandlers.find(({ operation }) => operation.names.includes(name))
  if (handler === undefined) throw new TypeError(`no operation is called ${name}`)
  return handler.call(context, input, signal)
}

/** Renders an operation's answer for a program. */
export const render = (name: string, output: unknown) => presenterOf(name).render(output)

/** Returns the exit code of an operation's answer. */
export const exit = (name: string, output: unknown) => presenterOf(name).exit(output)
