import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiToken } from '../../../../host/api/token.ts'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { upstreamSection } from '../../../../host/config/upstream.ts'
import { openProviders } from '../../../../host/daemon/compose/open-providers.ts'
import type { Ask } from '../../../../host/types/answer.ts'
import type { Decision, Gate } from '../../../../host/types/decision.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { request } from '../../providers/requests.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-providers-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const clock = { now: () => 0, sleep: async () => {} }
const willing: Gate = {
  decide: async (point, subject): Promise<Decision> => ({
    ...{ id: 'd-1', point, subject, allow: true, rule: 'egress', reasons: [], at: 0 },
    policy: { name: point, digest: null },
  }),
}

/** Providers of a data folder, one of which answers nobody. */
function open() {
  const provider = { name: 'acme', kind: 'openai', base_url: 'http://127.0.0.1:1', models: ['small'] }
  const env = readEnv({ HOME: folder })
  const config = {
    ...resolveConfig(env),
    data: folder,
    upstream: upstreamSection.parse({ providers: [provider] }),
  }
  const paths = dataPaths(folder)
  return openProviders({
    config,
    env,
    paths,
    network: 'testnet',
    gate: willing,
    journal: new MemoryJournal(),
    clock,
  })
}

function ask(text: string): Ask {
  const { model: _model, ...rest } = request({ input: { type: 'text', text, template: 'auto' } })
  return { ...rest, model: 'any', key: null, trace_id: null }
}

test('a prompt with a key of the own API does not leave', async () => {
  const providers = await open()
  const codeOf = (text: string) =>
    providers
      .ask('acme/small', ask(text), 'public', () => {}, AbortSignal.timeout(10_000))
      .catch(({ code }) => code)
  // Nothing listens there, so it is asked and fails.
  expect(await codeOf('Name a river.')).toBe('RIPPLE_UPSTREAM_FAILED')
  const { apiToken: tokenFile, openaiKey } = dataPaths(folder)
  for (const file of [tokenFile, openaiKey])
    expect(await codeOf(`x ${await apiToken(file)} y`)).toBe('RIPPLE_UPSTREAM_FILTERED')
  writeFileSync(tokenFile, 'no token')
  expect(await codeOf('Say no token.')).toBe('RIPPLE_UPSTREAM_FAILED')
})
