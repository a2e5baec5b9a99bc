/** Finds the operations behind the names of tools. */
import type { Context } from '../../operations/context.ts'
import { daemonHandlers } from '../../operations/handlers.ts'
import type { Handler } from '../../operations/operation.ts'
import { type Tool, tools } from '../../operations/tools.ts'
import type { Caller } from './caller.ts'

const all = tools()

/** The handlers by each name of their tool, with dots and with underscores. */
const byName = new Map<string, Handler<Context>>(
  daemonHandlers.flatMap((handler) => {
    const { mcp } = handler.operation.surfaces
    return mcp === undefined ? [] : [[mcp, handler] as const, [withoutDots(mcp), handler] as const]
  }),
)

/** Returns a tool's name for clients that refuse dots. */
function withoutDots(name: string): string {
  return name.replaceAll('.', '_')
}

/** Returns the handler of a tool; null for an unknown one. */
export function handlerOf(name: string): Handler<Context> | null {
  return byName.get(name) ?? null
}

/** Whether a caller has a tool, by its key's scopes and by the door's mode. */
export function mayCall({ principal, readOnly }: Caller, { operation }: Handler<Context>): boolean {
  return principal.scopes.includes(operation.scope) && (!readOnly || operation.effect === 'read')
}

/** Lists the tools that a caller has, in a fixed order. */
export function toolsOf(caller: Caller): Tool[] {
  return all.flatMap((tool) => {
    const handler = handlerOf(tool.name)
    if (handler === null || !mayCall(caller, handler)) return []
    return [caller.underscores ? { ...tool, name: withoutDots(tool.name) } : tool]
  })
}
