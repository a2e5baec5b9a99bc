/** Declares the section `mcp` of the settings: MCP servers whose tools may be called, and the data for them. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import { secretName } from '../types/secret-name.ts'
import {
  baseUrl,
  hasVariable,
  keyVariable,
  leaving,
  programWord,
  sealed,
  variableRefusal,
} from './upstream.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'not a name of a server')

const common = {
  name,
  /** The name of the secret that opens it; null if it needs none. */
  key: secretName.nullable().default(null),
  timeout_ms: z.number().int().min(1_000).max(600_000).default(limits.tool_call_ms),
}

const stdio = z
  .strictObject({
    ...common,
    kind: z.literal('stdio'),
    /** The program and its arguments; no shell reads them. */
    command: z.array(programWord).min(1).max(64),
    /** The variable in which it gets its key. */
    key_variable: keyVariable,
  })
  .refine(hasVariable, variableRefusal)

const http = z
  .strictObject({
    ...common,
    kind: z.literal('http'),
    /** The address of its endpoint; its key is sent as a Bearer token. */
    url: baseUrl,
  })
  .refine(({ url, key }) => key === null || sealed(url), {
    path: ['url'],
    error: 'a key goes over https, or to this machine',
  })

/** The section `mcp` of the configuration. */
export const mcpSection = z
  .strictObject({
    servers: z
      .array(z.discriminatedUnion('kind', [stdio, http]))
      .max(16)
      .default([]),
    /** The only calls that are made. Each names one tool and one class of data. */
    allows: z
      .array(z.strictObject({ server: name, tool: z.string().min(1).max(128), data_class: leaving }))
      .max(256)
      .default([]),
    calls_per_day: z.number().int().min(0).max(1_000_000).default(limits.tool_calls_per_day),
  })
  .superRefine(({ servers, allows }, context) => {
    const names = servers.map((one) => one.name)
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    for (const [index, one] of names.entries())
      if (names.indexOf(one) !== index) refuse(['servers', index, 'name'], 'a name twice')
    for (const [index, { server }] of allows.entries())
      if (!names.includes(server)) refuse(['allows', index, 'server'], `no server is called '${server}'`)
  })

/** The MCP servers whose tools may be called, and the data for them. */
export type McpConfig = DeepReadonly<z.output<typeof mcpSection>>
/** An MCP server. */
export type McpServer = McpConfig['servers'][number]
