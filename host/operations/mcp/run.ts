/** Runs the operations that connect agents by MCP. */
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { mcp, mcpInstall } from './shape.ts'

/** The operations that connect agents by MCP. */
export const mcpHandlers: readonly Handler<Local>[] = [
  handle(mcp, async (local: Local, wish, signal) => {
    await local.bridgeMcp(wish, signal)
    return {}
  }),
  handle(mcpInstall, (local: Local, wish, signal) => local.installMcp(wish, signal)),
]
