/** Adds the Model Context Protocol to the API: streamable HTTP at `/mcp`, for both eras of the protocol. */
import type { McpHttpHandler, Server } from '@modelcontextprotocol/server'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mcpLimits } from '../../limits/mcp.ts'
import { scopes } from '../../types/principal.ts'
import { gone } from '../gone.ts'
import { callerOf, guardScope } from '../guard.ts'
import type { ToolNeeds } from './call-tool.ts'
import type { Caller } from './caller.ts'
import { followChanges } from './changes.ts'

/** The parts of the daemon that the door uses. */
export interface McpNeeds extends ToolNeeds {
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal
  /** Makes the server of one request; if left out, the one that has Ripple's tools. */
  readonly make?: ServerMaker
}

type ServerMaker = (needs: ToolNeeds, caller: Caller, era: 'legacy' | 'modern') => Server

/** Returns the plugin that adds the route. */
export function mcpRoutes(needs: McpNeeds): (app: FastifyInstance) => Promise<void> {
  /** The callers of the requests that are being answered. */
  const callers = new WeakMap<Request, Caller>()
  let handler: Promise<McpHttpHandler> | null = null
  let unfollow = (): void => {}
  const open = async (): Promise<McpHttpHandler> => {
    // Loaded at the first request, because most daemons serve no agent.
    const [{ createMcpHandler }, { mcpServer }] = await Promise.all([
      import('@modelcontextprotocol/server'),
      import('./server.ts'),
    ])
    const made = createMcpHandler(
      ({ requestInfo, era }) => {
        const caller = requestInfo && callers.get(requestInfo)
        if (caller === undefined) throw new TypeError('a request of MCP has no caller')
        return (needs.make ?? mcpServer)(needs, caller, era)
      },
      { maxSubscriptions: mcpLimits.mcp_subscriptions_max },
    )
    unfollow = followChanges(needs.context.events, made.notify.resourceUpdated)
    return made
  }
  return async (app) => {
    app.addHook('onClose', async () => {
      unfollow()
      await (await handler)?.close()
    })
    app.post<{ Querystring: Options }>('/mcp', { config: { scopes } }, async (request, reply) => {
      const signal = AbortSignal.any([needs.signal, gone(reply)])
      const asked = webRequest(request, signal)
      const principal = callerOf(request)
      if (Reflect.get(Object(request.body), 'method') === 'subscriptions/listen') {
        // Each change is of something that needs this scope to be read.
        guardScope(principal, ['read'])
        // The SDK knows no subscriptions of tasks.
        const refusal = (await import('./tasks.ts')).refusalToFollow(request.body)
        if (refusal !== null) return reply.code(400).send(refusal)
      }
      callers.set(asked, { principal, ...optionsOf(request.query), signal })
      handler ??= open()
      const answer = await (await handler).fetch(asked, { parsedBody: request.body })
      return reply.send(answer)
    })
  }
}

/** The options in the URL of the door: `/mcp?read-only&underscores`. */
interface Options {
  readonly 'read-only'?: string
  readonly underscores?: string
}

function optionsOf(query: Options): Pick<Caller, 'readOnly' | 'underscores'> {
  return { readOnly: query['read-only'] !== undefined, underscores: query.underscores !== undefined }
}

/** Returns a request without its body, which is read already. */
function webRequest({ headers, method }: FastifyRequest, signal: AbortSignal): Request {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  )
  // The target of a request need not begin with a slash, and nothing reads it from here on.
  return new Request('http://localhost/mcp', { method, headers: pairs, signal })
}
