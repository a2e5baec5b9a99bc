/** Makes the headers that repeat parts of an MCP message, by which proxies route it. */
import { type JSONRPCMessage, PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/server'

/** The field of a request that `Mcp-Name` repeats, by method. */
const named: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/** Returns the headers of a message by HTTP. A message of the first eras names no version, and gets none. */
export function mcpHeaders(message: JSONRPCMessage): Record<string, string> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  if (!('method' in message)) return headers
  const { method, params } = message
  const version = Reflect.get(Object(params?._meta), PROTOCOL_VERSION_META_KEY)
  if (typeof version !== 'string') return headers
  const name = params?.[named[method] ?? '']
  return {
    ...headers,
    'mcp-protocol-version': encoded(version),
    'mcp-method': encoded(method),
    ...(typeof name === 'string' && { 'mcp-name': encoded(name) }),
  }
}

/** Returns a value for a header: as it is if it is plain, else in base64 in the form of the specification. */
function encoded(value: string): string {
  return /^[!-~]+$/.test(value) && !value.startsWith('=?base64?')
    ? value
    : `=?base64?${Buffer.from(value).toString('base64')}?=`
}
