/** Connects to an MCP server for one request. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { McpServer } from '../config/mcp.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { version } from '../version.ts'

/**
 * Connects to a server, uses it, and ends the connection; a program is started for this and ended after it. The client takes
 * no requests of the server: it offers neither sampling nor elicitation. `key` is the server's key; null without one.
 */
export async function withServer<T>(
  server: McpServer,
  key: string | null,
  path: string,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ name: 'ripple', version }, { versionNegotiation: { mode: 'auto' } })
  const onAbort = (): void => void client.close().catch(() => {})
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect(transportTo(server, key, path), { signal })
    return await use(client)
  } finally {
    signal.removeEventListener('abort', onAbort)
    await client.close().catch(() => {})
  }
}

function transportTo(server: McpServer, key: string | null, path: string) {
  if (server.kind === 'stdio') {
    const [command = '', ...args] = server.command
    const secret = server.key_variable === null || key === null ? {} : { [server.key_variable]: key }
    const env = { PATH: path, ...secret }
    return new StdioClientTransport({
      ...{ command, args, env, stderr: 'ignore' },
      maxBufferSize: limits.tool_answer_bytes_max,
    })
  }
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  return new StreamableHTTPClientTransport(new URL(server.url), {
    fetch: (input, init) => boundedFetch(server.name, input, init),
    // A key must not follow a redirect to another host.
    requestInit: { headers, redirect: 'error' },
  })
}

/** Fetches, and ends an answer that is larger than `limits.tool_answer_bytes_max`. */
async function boundedFetch(
  server: string,
  input: string | URL,
  init: RequestInit | undefined,
): Promise<Response> {
  const response = await fetch(input, init)
  if (response.body === null) return response
  const max = limits.tool_answer_bytes_max
  let bytes = 0
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform: (piece, controller) => {
      bytes += piece.length
      if (bytes > max)
        controller.error(new RippleError('RIPPLE_TOOL_TOO_LARGE', { what: 'answers', server, bytes, max }))
      else controller.enqueue(piece)
    },
  })
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(counted), { status, statusText, headers })
}
