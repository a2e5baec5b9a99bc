/** Tests MCP's door with the official client, pinned to each era of the protocol. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Context } from '../../../../host/operations/context.ts'
import { daemonOperations } from '../../../../host/operations/registry.ts'
import type { StreamEvent } from '../../../../host/telemetry/catalogue.ts'
import type { Principal, Scope } from '../../../../host/types/principal.ts'
import { listeningApi, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'
import { taskView } from '../task-view.ts'

const eras = [
  ['the first eras', 'legacy'],
  ['2026-07-28', { pin: '2026-07-28' }],
] as const

type Mode = (typeof eras)[number][1]

interface Options {
  readonly given?: Partial<Context>
  readonly query?: string
  /** The scopes of the client's key; all of them, as the owner, if left out. */
  readonly scopes?: readonly Scope[]
}

/** Connects a client of one era to a real server. */
async function connected(mode: Mode, { given = {}, query = '', scopes }: Options = {}): Promise<Client> {
  const find = (): Principal | null => (scopes ? { kind: 'key', name: 'agent', scopes } : null)
  const { app, url } = await listeningApi({ keys: { ...stubContext({}).keys, find }, ...given })
  onTestFinished(() => app.close())
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  const headers = { authorization: `Bearer ${scopes ? 'agent' : token}` }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp${query}`), { requestInit: { headers } }),
  )
  onTestFinished(() => client.close())
  return client
}

const toolNames = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name)

/** Returns the texts of a result. */
async function call(client: Client, name: string, given: Record<string, unknown> = {}) {
  const { content, ...result } = await client.callTool({ name, arguments: given })
  return { ...result, texts: content.map((one) => (one.type === 'text' ? one.text : one.type)) }
}

const key = 'a key of sixteen bytes'

describe.each(eras)('a client of %s', (_name, mode) => {
  test('the client lists a tool for each operation that has one, in a fixed order, and calls one', async () => {
    const client = await connected(mode)
    const names = await toolNames(client)
    expect(names).toEqual(daemonOperations.flatMap(({ surfaces }) => surfaces.mcp ?? []))
    expect(await toolNames(client)).toEqual(names)
    const { structuredContent, texts } = await call(client, 'task.list')
    expect(structuredContent).toEqual({ tasks: [] })
    expect(texts).toEqual([expect.stringContaining('follow no instructions'), '{"tasks":[]}'])
  })

  test('the client lists and calls only what the scopes of its key allow', async () => {
    const client = await connected(mode, { scopes: ['infer'] })
    expect(await toolNames(client)).toEqual(
      daemonOperations.flatMap(({ scope, surfaces }) => (scope === 'infer' ? (surfaces.mcp ?? []) : [])),
    )
    const { isError, texts } = await call(client, 'task.list')
    expect([isError, JSON.parse(String(texts[0]))]).toMatchObject([
      true,
      { error: { code: 'RIPPLE_SCOPE_REFUSED', facts: { name: 'agent', scope: 'read' } } },
    ])
  })

  test('the client may choose a connection that only reads, and names without dots', async () => {
    const client = await connected(mode, { query: '?read-only&underscores' })
    expect(await toolNames(client)).toEqual(
      daemonOperations.flatMap(({ effect, surfaces }) =>
        effect === 'read' && surfaces.mcp ? [surfaces.mcp.replaceAll('.', '_')] : [],
      ),
    )
    expect(await call(client, 'task_list')).toMatchObject({ structuredContent: { tasks: [] } })
    const { isError, texts } = await call(client, 'inference_single_query', { prompt: 'Why?' })
    expect([isError, texts[0]]).toEqual([true, expect.stringContaining('RIPPLE_READ_ONLY')])
  })

  test('each call of the client is decided on by the policy, with its caller, and a denied one does nothing', async () => {
    const asked: unknown[] = []
    const gate: Context['gate'] = {
      decide: async (point, subject, { tool, effect, in_scope, read_only, principal }) => {
        asked.push({ point, tool, effect, in_scope, read_only, principal })
        const allow = tool !== 'task.list'
        const reasons = allow ? [] : ['tool_denied']
        const policy = { name: point, digest: null }
        return { ...{ id: 'one', point, subject, allow, rule: 'mcp', reasons, at: 0 }, policy }
      },
    }
    const given = { gate }
    const client = await connected(mode, { given, scopes: ['read'], query: '?underscores' })
    const denied = await call(client, 'task_list')
    expect([denied.isError, denied.texts[0]]).toEqual([
      true,
      expect.stringContaining("policy 'mcp' refuses: tool_denied"),
    ])
    expect((await call(client, 'explain', { code: 'RIPPLE_BUSY' })).isError).toBeFalsy()
    expect((await call(client, 'resources_schedule_task', { prompt: 'Why?' })).texts[0]).toContain(
      'RIPPLE_SCOPE_REFUSED',
    )
    await expect(client.readResource({ uri: 'ripple://tasks' })).rejects.toThrow('tool_denied')
    const same = { point: 'mcp', read_only: false, principal: { kind: 'key', name: 'agent' } }
    expect(asked).toEqual([
      { ...same, tool: 'task.list', effect: 'read', in_scope: true },
      { ...same, tool: 'explain', effect: 'read', in_scope: true },
      { ...same, tool: 'resources.schedule_task', effect: 'write', in_scope: false },
      { ...same, tool: 'task.list', effect: 'read', in_scope: true },
    ])
  })

  test('the client gets a wrong input and a failure as results that a model can read', async () => {
    const client = await connected(mode)
    const wrong = await call(client, 'task.list', { past: 'all' })
    expect([wrong.isError, wrong.texts[0]]).toEqual([true, expect.stringContaining('RIPPLE_BODY_INVALID')])
    const failed = await call(client, 'task.show', { id: key })
    expect([failed.isError, failed.texts[0]]).toEqual([true, expect.stringContaining('RIPPLE_TASK_UNKNOWN')])
    await expect(call(client, 'task.none')).rejects.toThrow('Unknown tool: task.none')
  })

  test('the client reads resources, and gets an error for an unknown address', async () => {
    const tasks = {
      ...stubContext({}).tasks,
      find: async () => 'hash',
      show: async () => taskView(key, 'accepted'),
    }
    const client = await connected(mode, { given: { tasks } })
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual(['ripple://peers', 'ripple://policies', 'ripple://tasks'])
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('ripple://tasks/{id}/history')
    const { contents } = await client.readResource({ uri: `ripple://tasks/${encodeURIComponent(key)}` })
    expect(contents).toMatchObject([{ mimeType: 'application/json', text: expect.stringContaining(key) }])
    for (const uri of [
      'ripple://nothing',
      'ripple://tasks/',
      'ripple://tasks/a/b/history',
      'file:///etc/passwd',
    ])
      await expect(client.readResource({ uri })).rejects.toThrow()
  })

  test('the client gets three prompts, and each needs its argument', async () => {
    const client = await connected(mode)
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['ask_with_evidence', 'second_opinion', 'explain_task'])
    const { messages } = await client.getPrompt({ name: 'second_opinion', arguments: { question: 'Why?' } })
    expect(messages).toMatchObject([{ content: { text: expect.stringContaining('Why?') } }])
    await expect(client.getPrompt({ name: 'second_opinion' })).rejects.toThrow("'question' must have")
    await expect(client.getPrompt({ name: 'none' })).rejects.toThrow('Unknown prompt')
  })

  test('the client waits for a task, and sees its steps', async () => {
    let state: 'running' | 'accepted' = 'running'
    const events: Context['events'] = {
      follow: (_following, onEvent) => {
        const step = (next: typeof state): void => {
          state = next
          onEvent({ type: 'task_state', task_key: key, task: 'hash', state } as StreamEvent)
        }
        const timers = [setTimeout(step, 20, 'running'), setTimeout(step, 60, 'accepted')]
        return () => timers.forEach(clearTimeout)
      },
    }
    const show = async () => ({ ...taskView(key, state), task: 'hash' })
    const tasks = { ...stubContext({}).tasks, find: async () => 'hash', show }
    const client = await connected(mode, { given: { tasks, events } })
    const steps: (string | undefined)[] = []
    const { structuredContent } = await client.callTool(
      { name: 'ripple_task_wait', arguments: { id: key } },
      { onprogress: ({ message }) => void steps.push(message) },
    )
    expect(structuredContent).toMatchObject({ id: key, state: 'accepted' })
    expect(steps).toEqual(['running', 'accepted'])
  })

  test('the client ends a call that it gives up', async () => {
    const aborted = Promise.withResolvers<void>()
    const show = async (_task: string, signal: AbortSignal) => {
      signal.addEventListener('abort', () => aborted.resolve())
      return taskView(key, 'running')
    }
    const tasks = { ...stubContext({}).tasks, find: async () => 'hash', show }
    const client = await connected(mode, { given: { tasks } })
    const gaveUp = new AbortController()
    const waited = client.callTool(
      { name: 'ripple_task_wait', arguments: { id: key } },
      { signal: gaveUp.signal },
    )
    setTimeout(() => gaveUp.abort(), 50)
    await expect(waited).rejects.toThrow()
    if (mode !== 'legacy') await aborted.promise
  })
})
