/** An MCP server for tests, over standard input and output, with one tool of the server that docs/tools.md names. */
import { readFile } from 'node:fs/promises'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

serveStdio(() => {
  const server = new McpServer({ name: 'test-files', version: '1.0.0' })
  const inputSchema = z.object({ path: z.string() })
  server.registerTool('read_text_file', { description: 'Reads a file', inputSchema }, async ({ path }) => ({
    content: [{ type: 'text', text: await readFile(path, 'utf8') }],
  }))
  return server
})
