/** Defines the operation that connects agents to the mesh by the Model Context Protocol. */
import { z } from 'zod'
import { scopes } from '../../types/principal.ts'
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

/** Adds the mesh to an agent's settings. */
export const mcpInstall = defineOperation({
  name: 'mcp.install',
  title: 'Connect an agent',
  summary: "Add the mesh to an agent's settings on this machine with a key of its own, and show the change",
  description:
    "Shows the entry that starts 'ripple mcp', makes a key for the agent, and writes both to the settings of an agent of this user. The running daemon makes the key. All other settings stay, and so does an entry named ripple with its key. With dry_run no key is made and nothing is written.",
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    agent: z.enum(['claude-code', 'codex', 'cursor', 'vscode', 'opencode']).describe('the agent'),
    scopes: z
      .array(z.enum(scopes))
      .min(1)
      .default(['infer', 'read', 'write'])
      .describe('what the agent may do; if left out, infer, read and write'),
    dry_run: z.boolean().default(false).describe('only show the change'),
  }),
  output: z.strictObject({
    file: z.string().describe('the settings file'),
    entry: z.string().describe('the added entry, without its key; empty if the file has one already'),
    written: z.boolean().describe('whether the file was changed'),
    key: z
      .strictObject({
        name: z.string().describe('its name, by which policies and the audit file know the agent'),
        scopes: z.array(z.enum(scopes)).describe('what it may do'),
        replaced: z.boolean().describe('whether it replaces an earlier key of the name'),
      })
      .nullable()
      .describe('the key that was made; null without one'),
    readable_by_others: z
      .boolean()
      .describe('whether other users of this machine can read the file, and so the key'),
  }),
  errors: [
    'RIPPLE_AGENT_FILE',
    'RIPPLE_FILE_UNWRITABLE',
    'RIPPLE_NO_DAEMON',
    'RIPPLE_KEY_EXISTS',
    'RIPPLE_KEY_MANY',
    'RIPPLE_DISK_FULL',
  ],
  examples: [
    'ripple mcp install claude-code --dry-run',
    'ripple mcp install codex',
    'ripple mcp install cursor --scope read',
  ],
  surfaces: {
    http: false,
    cli: { flags: { agent: '<AGENT>', scopes: '--scope <LIST>', dry_run: '--dry-run' } },
  },
})
