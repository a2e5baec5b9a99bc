/** An MCP server for tests, over standard input and output: tools that repeat, fail, wait, and give too much. */
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

/** Makes the server with its tools. */
export function toolServer(): McpServer {
  const server = new McpServer({ name: 'test-tools', version: '1.0.0' })
  const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })
  server.registerTool(
    'repeat',
    { description: 'Repeats a text', inputSchema: z.object({ text: z.string() }) },
    async (given) => text(given.text),
  )
  server.registerTool('fail', { description: 'Fails' }, async () => ({ ...text('it failed'), isError: true }))
  server.registerTool('wait', { description: 'Waits for ever' }, () => new Promise<never>(() => {}))
  server.registerTool('much', { description: 'Gives too much' }, async () =>
    text('x'.repeat(2 * 1024 * 1024)),
  )
  server.registerTool('key', { description: 'Tells its key' }, async () =>
    text(process.env.TOOL_KEY ?? 'none'),
  )
  return server
}

if (process.argv[1] === import.meta.filename) serveStdio(toolServer)
