/** Carries messages of the Model Context Protocol between standard input and output and the daemon. */
import { once } from 'node:events'
import { type IncomingMessage, request as open } from 'node:http'
import { json } from 'node:stream/consumers'
import { isJSONRPCErrorResponse, type JSONRPCMessage } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { createParser } from 'eventsource-parser'
import { RippleError, readError, toRippleError } from '../../errors/ripple-error.ts'
import { mcpLimits } from '../../limits/mcp.ts'
import { mcpHeaders } from './headers.ts'

/** The address of the daemon's MCP, and the key that it asks for. */
export interface McpDoor {
  readonly url: string
  readonly key: string
}

/** Gives messages to the client. */
type Send = (message: JSONRPCMessage) => Promise<void>

/** The code of an error of this server, in JSON-RPC. */
const SERVER_ERROR = -32_000

/**
 * Carries messages until the input ends or the signal aborts. `find` is asked for each message, so that the daemon may start later,
 * and start again. It knows no method of the protocol but the notice that a call is cancelled: by HTTP, that ends the request.
 */
export async function bridge(find: () => Promise<McpDoor>, signal: AbortSignal): Promise<void> {
  const calls = new Map<string | number, AbortController>()
  const transport = new StdioServerTransport()
  const ended = Promise.withResolvers<void>()
  const send: Send = (message) => transport.send(message)
  const end = (): void => void transport.close()
  transport.onclose = () => {
    for (const call of calls.values()) call.abort()
    ended.resolve()
  }
  transport.onmessage = (message) => {
    if ('method' in message && message.method === 'notifications/cancelled') {
      const id = message.params?.requestId
      if (typeof id === 'string' || typeof id === 'number') calls.get(id)?.abort()
      return
    }
    void carry(message, { find, send, calls })
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    await transport.start()
    await ended.promise
  } finally {
    signal.removeEventListener('abort', end)
  }
}

interface Carrying {
  readonly find: () => Promise<McpDoor>
  readonly send: Send
  /** What ends each open call, by its id. */
  readonly calls: Map<string | number, AbortController>
}

/** Sends one message to the daemon, and its answers to the client. A failure is the answer of a request. */
async function carry(message: JSONRPCMessage, { find, send, calls }: Carrying): Promise<void> {
  const id = 'method' in message && 'id' in message ? message.id : null
  const call = new AbortController()
  try {
    if (calls.size >= mcpLimits.mcp_bridge_calls_max) throw busy()
    if (id !== null) calls.set(id, call)
    await answer(await post(await find(), message, call.signal), send)
  } catch (thrown) {
    if (id === null || call.signal.aborted) return
    const { error } = toRippleError(thrown).toJSON()
    const text = `${error.code}: ${error.message}: ${error.hint}`
    await send({ jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message: text, data: error } })
  } finally {
    if (id !== null && calls.get(id) === call) calls.delete(id)
  }
}

/** Posts a message. Resolves at the head of the answer, however long that takes: `fetch` gives up after five minutes. */
async function post(door: McpDoor, message: JSONRPCMessage, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${door.key}`, ...mcpHeaders(message) }
  const asked = open(door.url, { method: 'POST', headers, signal })
  asked.end(JSON.stringify(message))
  const [head] = await once(asked, 'response')
  return head
}

/** Sends the messages of an answer: one document, or a stream of events. Rejects with the daemon's error. */
async function answer(head: IncomingMessage, send: Send): Promise<void> {
  if (head.headers['content-type']?.startsWith('text/event-stream')) {
    const messages: JSONRPCMessage[] = []
    const parser = createParser({ onEvent: ({ data }) => void messages.push(JSON.parse(data)) })
    for await (const piece of head.setEncoding('utf8')) {
      parser.feed(piece)
      for (const message of messages.splice(0)) await send(message)
    }
    return
  }
  const body: unknown = await json(head).catch(() => null)
  if (head.statusCode === 200 || isJSONRPCErrorResponse(body)) return send(body as JSONRPCMessage)
  if (head.statusCode === 202) return
  throw (
    readError(body) ??
    new RippleError('RIPPLE_INTERNAL', { detail: `the daemon answered ${head.statusCode}` })
  )
}

function busy(): RippleError {
  const max = mcpLimits.mcp_bridge_calls_max
  return new RippleError('RIPPLE_BUSY', { what: 'the number of open calls', max, retry_after_s: 1 })
}
