/** Runs the operation that connects agents by MCP. */
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { mcp } from './shape.ts'

/** The operation that serves MCP on standard input and output. */
export const mcpHandler: Handler<Local> = handle(mcp, async (local: Local, wish, signal) => {
  await local.bridgeMcp(wish, signal)
  return {}
})
