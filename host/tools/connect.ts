/** Connects to an MCP server for one request. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { McpServer } from '../config/mcp.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { version } from '../version.ts'

/** A use of a server, which ends when the signal aborts. */
export type Use<T> = (client: Client, signal: AbortSignal) => Promise<T>

/**
 * Connects to a server, uses it, and ends the connection; a program is started for this and ended after it. The client takes
 * no requests of the server: it offers neither sampling nor elicitation. `key` is the server's key; null without one. Rejects
 * with `RIPPLE_TOOL_TOO_LARGE` for an answer over HTTP that passes its bound.
 */
export async function withServer<T>(
  server: McpServer,
  key: string | null,
  path: string,
  signal: AbortSignal,
  use: Use<T>,
): Promise<T> {
  const client = new Client({ name: 'ripple', version }, { versionNegotiation: { mode: 'auto' } })
  const tooLarge = new AbortController()
  const within = AbortSignal.any([signal, tooLarge.signal])
  const onAbort = (): void => void client.close().catch(() => {})
  within.addEventListener('abort', onAbort, { once: true })
  try {
    within.throwIfAborted()
    await client.connect(transportTo(server, key, path, tooLarge), { signal: within })
    return await use(client, within)
  } catch (thrown) {
    // The client waits on after a stream that was cut off, and names another reason.
    tooLarge.signal.throwIfAborted()
    throw thrown
  } finally {
    within.removeEventListener('abort', onAbort)
    await client.close().catch(() => {})
  }
}

function transportTo(server: McpServer, key: string | null, path: string, tooLarge: AbortController) {
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
    fetch: (input, init) => boundedFetch(server.name, tooLarge, input, init),
    // A key must not follow a redirect to another host.
    requestInit: { headers, redirect: 'error' },
  })
}

/** Fetches. An answer that is larger than `limits.tool_answer_bytes_max` is cut off, and the controller aborts. */
async function boundedFetch(
  server: string,
  tooLarge: AbortController,
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
      if (bytes <= max) return controller.enqueue(piece)
      const error = new RippleError('RIPPLE_TOOL_TOO_LARGE', { what: 'answers', server, bytes, max })
      tooLarge.abort(error)
      controller.error(error)
    },
  })
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(counted), { status, statusText, headers })
}
