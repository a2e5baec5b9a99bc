import { expect, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { openExaminer } from '../../../../host/daemon/facts/examine.ts'
import { readFactsCode } from '../../../../host/doctor/facts-code.ts'
import { healthy } from '../../doctor/facts.ts'

const { signal } = new AbortController()

/** Opens the examination by a daemon whose facts are these. */
function examiner(facts = healthy('anna', 1)) {
  const env = readEnv({ HOME: '/nonexistent', PATH: '' })
  const config = resolveConfig(env, {})
  return openExaminer(
    { config, env, status: async () => null },
    {
      facts: async () => facts,
      compare: async (name) => ({
        here: facts,
        pair: {
          ...{ name, way: 'none', there: null, skew_ms: null, seen_ms_ago: null, left: true, back: null },
          out: { tcp: [], udp: null, named: null, mdns: null, accepted: null, path: null },
        },
      }),
    },
  )
}

test('a daemon judges its own facts and its machine', async () => {
  const { checks, cause, conclusion, ...rest } = await examiner({
    ...healthy('anna', 1),
    disk: { free_mib: 1 },
  }).examine(null, signal)
  expect(checks).toContainEqual(expect.objectContaining({ name: 'disk', level: 'fail' }))
  expect(checks).toContainEqual(expect.objectContaining({ name: 'node', level: 'ok' }))
  expect(conclusion).toContain(cause?.detail)
  expect(rest).toEqual({ with: null, code: null })
})

test('a daemon compares its machine with a peer', async () => {
  const { checks, with: other } = await examiner().examine('bert', signal)
  expect(other).toBe('bert')
  expect(checks.map(({ name }) => name)).toContain('answer')
})

test('a daemon writes the code of its machine', async () => {
  const facts = healthy('anna', 1)
  expect(readFactsCode(await examiner(facts).factsCode(signal))).toEqual(facts)
})
