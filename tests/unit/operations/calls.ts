import { presenterOf } from '../../../host/cli/present/index.ts'
import type { Context } from '../../../host/operations/context.ts'
import { daemonHandlers, localHandlers } from '../../../host/operations/handlers.ts'
import type { Local } from '../../../host/operations/local.ts'
import type { Handler } from '../../../host/operations/operation.ts'

/** Calls a daemon's operation, as the API does. */
export function call(name: string, context: Context, input: unknown, signal: AbortSignal): Promise<unknown> {
  return handlerOf(daemonHandlers, name).call(context, input, signal)
}

/** Calls an operation of the command itself. */
export function callLocal(name: string, local: Local, input: unknown, signal: AbortSignal): Promise<unknown> {
  return handlerOf(localHandlers, name).call(local, input, signal)
}

function handlerOf<C>(handlers: readonly Handler<C>[], name: string): Handler<C> {
  const handler = handlers.find(({ operation }) => operation.names.includes(name))
  if (handler === undefined) throw new TypeError(`no operation is called ${name}`)
  return handler
}

/** Renders an operation's answer for a program. */
export const render = (name: string, output: unknown) => presenterOf(name).render(output)

/** Returns the exit code of an operation's answer. */
export const exit = (name: string, output: unknown) => presenterOf(name).exit(output)
