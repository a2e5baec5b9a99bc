/** Defines the operation that connects agents to the mesh by the Model Context Protocol. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'

/** Serves MCP on standard input and output. */
export const mcp = defineOperation({
  name: 'mcp',
  title: 'Serve MCP',
  summary: 'Connect an agent on this machine to the mesh, by MCP on standard input and output',
  description:
    'Carries messages of the Model Context Protocol between standard input and output and the /mcp of the running daemon, until the input ends. Agents start it themselves: docs/MCP.md has their settings. It calls with the key in RIPPLE_SECRET_MCP_KEY, else as the owner of the machine.',
  effect: 'read',
  input: z.strictObject({
    read_only: z.boolean().default(false).describe('offer only tools that change nothing and ask no model'),
    underscores: z.boolean().default(false).describe('name tools without dots, for clients that refuse them'),
  }),
  output: z.strictObject({}),
  errors: [],
  examples: ['ripple mcp', 'ripple mcp --read-only', 'ripple mcp --underscores --data ~/mesh'],
  surfaces: { http: false, cli: { flags: { read_only: '--read-only', underscores: '--underscores' } } },
})
