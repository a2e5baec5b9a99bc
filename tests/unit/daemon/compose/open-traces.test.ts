// Tests when a daemon has traces, and which headers its collector gets.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { openDaemonTraces } from '../../../../host/daemon/compose/open-traces.ts'
import type { DaemonEvent } from '../../../../host/telemetry/catalogue.ts'
import { openCollector } from '../../../harness/collector.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ripple-traces-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function open(variables: Record<string, string>) {
  const env = readEnv({ HOME: home, ...variables })
  const events: DaemonEvent[] = []
  const config = resolveConfig(env, { data: join(home, 'data'), name: 'nas' })
  return { traces: await openDaemonTraces(config, env, (event) => void events.push(event)), events }
}

test('a machine without a collector has no traces', async () => {
  expect(await open({})).toEqual({ traces: null, events: [] })
})

test('a collector gets the headers of the secret, one a line', async () => {
  await using collector = await openCollector()
  const { traces } = await open({
    RIPPLE_TRACES_ENDPOINT: collector.endpoint,
    RIPPLE_TRACES_HEADERS: 'collector',
    RIPPLE_SECRET_COLLECTOR: 'authorization: Bearer a:b=c\nx-team: one\n',
  })
  await traces?.post('key', async () => {})
  await traces?.[Symbol.asyncDispose]()
  expect(collector.headers[0]).toMatchObject({ authorization: 'Bearer a:b=c', 'x-team': 'one' })
  expect(collector.spans[0]?.machine).toBe('nas')
})

test.each([undefined, 'no header at all', 'x-team: one\n\nx-other: two', 'x y: z'])(
  'a secret with %j gives no traces, and the event does not show it',
  async (secret) => {
    const { traces, events } = await open({
      RIPPLE_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces',
      RIPPLE_TRACES_HEADERS: 'collector',
      ...(secret === undefined ? {} : { RIPPLE_SECRET_COLLECTOR: secret }),
    })
    expect(traces).toBeNull()
    expect(events).toMatchObject([{ type: 'traces_unsent', code: 'RIPPLE_TRACES_NO_SECRET' }])
    if (secret !== undefined) expect(JSON.stringify(events)).not.toContain(secret)
  },
)

test.each(['ftp://127.0.0.1/v1/traces', 'http://user:word@127.0.0.1/v1/traces', 'http://127.0.0.1/#part'])(
  'the endpoint %s is refused',
  async (endpoint) => {
    await expect(open({ RIPPLE_TRACES_ENDPOINT: endpoint })).rejects.toThrow(/traces.endpoint/)
  },
)
