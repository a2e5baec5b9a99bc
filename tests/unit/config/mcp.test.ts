/** Tests the section mcp of the settings. */
import { describe, expect, test } from 'vitest'
import { resolveConfig } from '../../../host/config/config.ts'
import { readEnv } from '../../../host/config/env.ts'
import { layerSchema } from '../../../host/config/settings.ts'

const files = { name: 'files', kind: 'stdio', command: ['mcp-files', '/data'] }
const search = { name: 'search', kind: 'http', url: 'https://tools.example/mcp' }
const allow = { server: 'files', tool: 'read_file', data_class: 'private' }
const parse = (mcp: object) => layerSchema.safeParse({ mcp })

describe('the section mcp', () => {
  test('no tool may be called by default', () => {
    const { mcp } = resolveConfig(readEnv({ HOME: '/none' }))
    expect(mcp).toEqual({ servers: [], allows: [], calls_per_day: 1_000 })
  })

  test('servers of both kinds are taken', () => {
    const { data } = parse({ servers: [files, search], allows: [allow] })
    expect(data?.mcp).toMatchObject({
      servers: [
        { ...files, key: null, timeout_ms: 60_000 },
        { ...search, key: null },
      ],
      allows: [allow],
    })
  })

  test.each([
    ['a name twice', { servers: [files, files] }, 'a name twice'],
    ['an allow for no server', { servers: [search], allows: [allow] }, "no server is called 'files'"],
    [
      'an allow for secrets',
      { servers: [files], allows: [{ ...allow, data_class: 'secret' }] },
      'Invalid option',
    ],
    [
      'a key over plain HTTP',
      { servers: [{ ...search, url: 'http://a.example', key: 'k' }] },
      'a key goes over https',
    ],
    ['a key without a variable', { servers: [{ ...files, key: 'k' }] }, 'key and key_variable go together'],
  ])('%s is refused', (_what, mcp, words) => {
    expect(parse(mcp).error?.issues[0]?.message).toContain(words)
  })
})
