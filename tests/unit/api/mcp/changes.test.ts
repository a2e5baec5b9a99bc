/** Tests that clients follow changes of resources, with the official client. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import { mcpLimits } from '../../../../host/limits/mcp.ts'
import type { Context } from '../../../../host/operations/context.ts'
import type { StreamEvent } from '../../../../host/telemetry/catalogue.ts'
import type { Principal, Scope } from '../../../../host/types/principal.ts'
import { until } from '../../../harness/until.ts'
import { listeningApi, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'

/** Serves MCP, and returns what connects a client and what reports an event. */
async function serve(scopes: readonly Scope[] = []) {
  const find = (): Principal | null => (scopes.length > 0 ? { kind: 'key', name: 'agent', scopes } : null)
  let report = (_event: StreamEvent): void => {}
  const events: Context['events'] = {
    follow: (_following, onEvent) => {
      report = onEvent
      return () => {}
    },
  }
  const { app, url } = await listeningApi({ events, keys: { ...stubContext({}).keys, find } })
  onTestFinished(() => app.close())
  const connect = async (mode: 'legacy' | { pin: string } = { pin: '2026-07-28' }): Promise<Client> => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
    const headers = { authorization: `Bearer ${scopes.length > 0 ? 'agent' : token}` }
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }),
    )
    onTestFinished(() => client.close())
    return client
  }
  return { connect, report: (event: object) => report(event as StreamEvent) }
}

const step = (task_key: string) => ({ type: 'task_state', task: 'uhCkk/1', task_key, state: 'running' })

test('a client hears once of each chosen resource, however often it changed', async () => {
  const { connect, report } = await serve()
  const client = await connect()
  const heard: string[] = []
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    heard.push(params.uri)
  })
  const resourceSubscriptions = ['ripple://peers', 'ripple://policies', 'ripple://tasks/my%20key/history']
  const { honoredFilter } = await client.listen({ resourceSubscriptions })
  expect(honoredFilter).toEqual({ resourceSubscriptions })
  for (let at = 0; at < 50; at += 1) {
    report(step('my key'))
    report(step('another key'))
    for (const type of ['peer_seen', 'peer_gone', 'policy_decided', 'policy_decided']) report({ type })
  }
  await until('all have changed', async () => heard.length >= 3)
  expect(heard.sort()).toEqual(resourceSubscriptions)
})

test('a client that leaves makes room for another, when all streams are open', async () => {
  const { connect } = await serve()
  const client = await connect()
  const follow = () => client.listen({ resourceSubscriptions: ['ripple://tasks'] })
  const open = await Promise.all(Array.from({ length: mcpLimits.mcp_subscriptions_max }, follow))
  await expect(follow()).rejects.toThrow('Subscription limit reached')
  await open[0]?.close()
  await until('the place is free', () =>
    follow().then(
      () => true,
      () => false,
    ),
  )
})

test('a key without the scope read may not follow changes', async () => {
  const { connect } = await serve(['infer'])
  const client = await connect()
  await expect(client.listen({ resourceSubscriptions: ['ripple://tasks'] })).rejects.toThrow()
})

test('a client of an earlier revision is not offered changes, which would need a session', async () => {
  const { connect } = await serve()
  const client = await connect('legacy')
  expect(client.getServerCapabilities()?.resources?.subscribe).toBeFalsy()
  await expect(client.subscribeResource({ uri: 'ripple://tasks' })).rejects.toThrow()
})
