/** Tests calls of tools with real MCP servers and the shipped policy. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type McpConfig, mcpSection } from '../../../host/config/mcp.ts'
import { environmentSecrets, Secret, secretChain } from '../../../host/config/secrets.ts'
import { limits } from '../../../host/limits.ts'
import { openTools } from '../../../host/tools/open-tools.ts'
import type { Call } from '../../../host/tools/port.ts'
import { owner } from '../../../host/types/principal.ts'
import { forever } from '../../harness/forever.ts'
import { toolServer } from '../../harness/tool-server.ts'
import { openStage } from '../policy/stage.ts'

const program = join(import.meta.dirname, '../../harness/tool-server.ts')
const stdio = { name: 'files', kind: 'stdio', command: [process.execPath, program] } as const
const names = ['repeat', 'fail', 'wait', 'much', 'key']
const allowsOf = (server: string) => names.map((tool) => ({ server, tool, data_class: 'private' as const }))

/** Opens the tools of a configuration behind the shipped policy. */
async function stage(config: object, network = 'local') {
  const { gate } = await openStage({ network })
  const parsed: McpConfig = mcpSection.parse(config)
  const tools = openTools({
    config: parsed,
    secrets: secretChain([environmentSecrets({ files: new Secret('the-key-of-files') })]),
    apiKeys: async () => [],
    gate,
    clock: { now: () => 1_800_000_000_000, sleep: () => Promise.reject(new TypeError('it slept')) },
    path: process.env.PATH ?? '',
  })
  const call = (tool: string, given: Partial<Call> = {}) =>
    tools.call(
      { server: 'files', tool, arguments: {}, data_class: 'private', principal: owner, ...given },
      forever,
    )
  return { gate, tools, call }
}

/** Serves the same tools over HTTP. With `streams`, it answers calls by a stream. Returns the address and the keys that came. */
async function httpServer(streams = false) {
  const handler = createMcpHandler(toolServer)
  const keys = new Set<string | undefined>()
  const server = createServer(async (request, response) => {
    keys.add(request.headers.authorization)
    const body = request.method === 'POST' ? await readText(request) : null
    const headers = request.headers as Record<string, string>
    const url = `http://127.0.0.1${request.url}`
    const answer = await handler.fetch(new Request(url, { method: request.method ?? 'GET', headers, body }))
    const said = await answer.text()
    const isStream = streams && body?.includes('"tools/call"')
    const type = isStream ? { 'content-type': 'text/event-stream' } : {}
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...type })
    // The stream stays open, as one may between two events.
    if (isStream) response.write(`id: 1\ndata: ${said}\n\n`)
    else response.end(said)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await handler.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, keys }
}

describe('a tool of a program', () => {
  test('the list has the tools with what each may be given', async () => {
    const { tools } = await stage({ servers: [stdio], allows: allowsOf('files').slice(0, 1) })
    const [files] = await tools.list(forever)
    expect(files).toMatchObject({ server: 'files', failure: null })
    expect(files?.tools.map(({ name, data_classes }) => [name, data_classes])).toEqual([
      ['repeat', ['private']],
      ...names.slice(1).map((name) => [name, []]),
    ])
  })

  test('an allowed call gives the answer and leaves a line without the arguments', async () => {
    const { call, gate } = await stage({ servers: [stdio], allows: allowsOf('files') })
    const answer = await call('repeat', { arguments: { text: 'a private word' } })
    expect(answer).toEqual({ text: 'a private word', structured: null, failed: false })
    const [line] = await gate.audit({ point: 'tool', allow: null, subject: null }, 1)
    expect(line).toMatchObject({
      allow: true,
      facts: { server: 'files', tool: 'repeat', data_class: 'private' },
    })
    expect(JSON.stringify(line)).not.toContain('a private word')
  })

  test.each([
    ['no allow', { allows: [] }, {}, 'tool.not_allowed'],
    ['another data class', {}, { data_class: 'internal' }, 'tool.not_allowed'],
    ['a secret in the arguments', {}, { arguments: { text: 'the-key-of-files' } }, 'tool.secrets_found'],
    ['no call left', { calls_per_day: 0 }, {}, 'tool.calls_spent'],
  ] as const)('a call with %s is refused by the policy', async (_what, config, given, rule) => {
    const { call } = await stage({ servers: [stdio], allows: allowsOf('files'), ...config })
    await expect(call('repeat', given)).rejects.toMatchObject({
      code: 'RIPPLE_POLICY_REFUSED',
      facts: { rule },
    })
  })

  test('the calls of a day are counted, also those at the same time and not those that are refused', async () => {
    const { call } = await stage({ servers: [stdio], allows: allowsOf('files'), calls_per_day: 1 })
    const secret = { arguments: { text: 'the-key-of-files' } }
    await expect(call('repeat', secret)).rejects.toMatchObject({ facts: { rule: 'tool.secrets_found' } })
    const both = await Promise.allSettled([call('fail'), call('fail')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(call('fail')).rejects.toMatchObject({ facts: { rule: 'tool.calls_spent' } })
  })

  test('a tool that fails says so, and an unknown tool is an error', async () => {
    const allows = [...allowsOf('files'), { server: 'files', tool: 'none', data_class: 'private' }]
    const { call } = await stage({ servers: [stdio], allows })
    expect(await call('fail')).toMatchObject({ text: 'it failed', failed: true })
    await expect(call('none')).rejects.toMatchObject({ code: 'RIPPLE_TOOL_FAILED' })
  })

  test('lists count among the calls at the same time', async () => {
    const { tools } = await stage({ servers: [stdio] })
    const all = await Promise.allSettled(
      Array.from({ length: limits.tool_calls_max + 1 }, () => tools.list(forever)),
    )
    expect(all.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'RIPPLE_BUSY' } },
    ])
  })

  test('the error of a failed server carries no cause, which the log would have whole', async () => {
    const { call } = await stage(
      {
        servers: [{ name: 'web', kind: 'http', url: 'http://127.0.0.1:9/' }],
        allows: allowsOf('web'),
      },
      'testnet',
    )
    const failed = await call('fail', { server: 'web' }).catch((thrown: unknown) => thrown)
    expect(failed).toMatchObject({ code: 'RIPPLE_TOOL_FAILED' })
    expect((failed as Error).cause).toBeUndefined()
  })

  test('the key reaches the program by its variable alone', async () => {
    const keyed = { ...stdio, key: 'files', key_variable: 'TOOL_KEY' }
    const { call } = await stage({ servers: [keyed], allows: allowsOf('files') })
    expect((await call('key')).text).toBe('the-key-of-files')
  })

  test('a call ends at its time, and an answer at its size', async () => {
    const { call } = await stage({ servers: [{ ...stdio, timeout_ms: 3_000 }], allows: allowsOf('files') })
    await expect(call('wait')).rejects.toMatchObject({ code: 'RIPPLE_TIMEOUT' })
    await expect(call('much')).rejects.toMatchObject({ code: expect.stringMatching(/RIPPLE_TOOL_/) })
    const text = 'x'.repeat(33 * 1024)
    await expect(call('repeat', { arguments: { text } })).rejects.toMatchObject({
      code: 'RIPPLE_TOOL_TOO_LARGE',
    })
  })

  test('a server that does not start is listed with the reason, and an unknown one is refused', async () => {
    const gone = { name: 'gone', kind: 'stdio', command: ['/no/such/program'] }
    const { tools, call } = await stage({ servers: [gone] })
    expect(await tools.list(forever)).toMatchObject([
      { server: 'gone', failure: expect.stringContaining('ENOENT') },
    ])
    await expect(call('repeat')).rejects.toMatchObject({
      code: 'RIPPLE_TOOL_UNKNOWN',
      facts: { known: 'gone' },
    })
  })
})

describe('a tool over HTTP', () => {
  test('a call has the key, and no local network makes one', async () => {
    const { url, keys } = await httpServer()
    const config = { servers: [{ name: 'web', kind: 'http', url, key: 'files' }], allows: allowsOf('web') }
    const { call } = await stage(config, 'testnet')
    const given = { server: 'web', arguments: { text: 'hello' } }
    expect((await call('repeat', given)).text).toBe('hello')
    expect([...keys]).toEqual(['Bearer the-key-of-files'])
    await expect(call('much', { server: 'web' })).rejects.toMatchObject({ code: 'RIPPLE_TOOL_TOO_LARGE' })
    const local = await stage(config)
    await expect(local.call('repeat', given)).rejects.toMatchObject({ facts: { rule: 'tool.network_local' } })
  })

  test('a stream that is too large ends the call at once', async () => {
    const { url } = await httpServer(true)
    const config = { servers: [{ name: 'web', kind: 'http', url }], allows: allowsOf('web') }
    const { call } = await stage(config, 'testnet')
    expect((await call('repeat', { server: 'web', arguments: { text: 'hello' } })).text).toBe('hello')
    await expect(call('much', { server: 'web' })).rejects.toMatchObject({ code: 'RIPPLE_TOOL_TOO_LARGE' })
  })
})
