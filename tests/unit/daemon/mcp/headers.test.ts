/** Tests the headers that repeat parts of an MCP message. */
import { expect, test } from 'vitest'
import { mcpHeaders } from '../../../../host/daemon/mcp/headers.ts'

const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
const message = (method: string, params: object) => ({
  ...{ jsonrpc: '2.0' as const, id: 1, method },
  params: { ...params },
})

test('a message of the first eras gets no header of its own', () => {
  expect(Object.keys(mcpHeaders(message('tools/call', { name: 'status' })))).toEqual([
    'content-type',
    'accept',
  ])
})

test('a message of 2026-07-28 has its version, its method and its name in headers', () => {
  expect(mcpHeaders(message('tools/call', { name: 'task.list', _meta }))).toMatchObject({
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'task.list',
  })
  expect(mcpHeaders(message('tasks/get', { taskId: 'uhCkk', _meta }))).toMatchObject({ 'mcp-name': 'uhCkk' })
  expect(mcpHeaders(message('tools/list', { _meta }))).not.toHaveProperty('mcp-name')
})

test('a name that a header cannot carry is sent in base64', () => {
  for (const [uri, header] of [
    ['ripple://peers/Zoë', `=?base64?${Buffer.from('ripple://peers/Zoë').toString('base64')}?=`],
    [' a\r\nb', `=?base64?${Buffer.from(' a\r\nb').toString('base64')}?=`],
  ])
    expect(mcpHeaders(message('resources/read', { uri, _meta }))).toMatchObject({ 'mcp-name': header })
})
