import { describe, expect, it, test } from 'vitest'
import { resolveConfig } from '../../../host/config/config.ts'
import { readEnv } from '../../../host/config/env.ts'
import { layerSchema } from '../../../host/config/settings.ts'

const acme = { name: 'acme', kind: 'openai', base_url: 'https://api.example/v1', models: ['small'] }
const agent = { name: 'agent', kind: 'command', command: ['agent', '-p'], models: ['default'] }
const parse = (upstream: object) => layerSchema.safeParse({ upstream })
const issue = (upstream: object) => {
  const [first] = parse(upstream).error?.issues ?? []
  return first && `${first.path.join('.')}: ${first.message}`
}

describe('the section upstream', () => {
  it('nothing leaves by default', () => {
    expect(resolveConfig(readEnv({ HOME: '/none' })).upstream).toEqual({
      providers: [],
      allows: [],
      budget: { tokens_per_day: 1_000_000, requests_per_day: 1_000 },
      filter: { secrets: 'refuse', pii: 'mask' },
    })
    expect(parse({ providers: [acme] }).data?.upstream).toMatchObject({
      allows: [],
      providers: [{ key: null, weight: 1, priority: 100, data_classes: [], timeout_ms: 60_000 }],
    })
  })

  it('providers of both kinds are taken', () => {
    const providers = [
      { ...acme, key: 'acme', weight: 1.3, priority: 1, data_classes: ['public', 'internal'] },
      { ...agent, key: 'agent', key_variable: 'AGENT_KEY' },
      { ...acme, name: 'lan', base_url: 'http://192.168.1.5:8080/v1' },
      { ...acme, name: 'thinker', sampling: false, max_tokens_field: 'max_completion_tokens' },
      { ...acme, name: 'here', base_url: 'http://127.0.0.1:4747/v1', key: 'here' },
    ]
    expect(parse({ providers, allows: [{ provider: 'acme', data_class: 'public' }] }).success).toBe(true)
  })

  test.each<[string, object, string]>([
    [
      'a key without TLS',
      { providers: [{ ...acme, base_url: 'http://api.example/v1', key: 'a' }] },
      'over https',
    ],
    ['a password in a URL', { providers: [{ ...acme, base_url: 'https://a:b@api.example' }] }, 'no user'],
    ['a query in a URL', { providers: [{ ...acme, base_url: 'https://api.example?key=1' }] }, 'no user'],
    ['another protocol', { providers: [{ ...acme, base_url: 'file:///etc' }] }, 'http or https'],
    ['a key in place of its name', { providers: [{ ...acme, key: 'sk-1234567890' }] }, 'name of a secret'],
    ['no model', { providers: [{ ...acme, models: [] }] }, 'models'],
    ['two of one name', { providers: [acme, { ...agent, name: 'acme' }] }, 'a name twice'],
    ['a command as a line', { providers: [{ ...agent, command: 'agent -p' }] }, 'command'],
    ['no program', { providers: [{ ...agent, command: [] }] }, 'command'],
    ['a variable as a program', { providers: [{ ...agent, command: ['A=b'] }] }, 'not a program'],
    ['a key for no variable', { providers: [{ ...agent, key: 'agent' }] }, 'go together'],
    [
      'an allow for nobody',
      { providers: [acme], allows: [{ provider: 'amce', data_class: 'public' }] },
      "'amce'",
    ],
    [
      'an allow for secrets',
      { providers: [acme], allows: [{ provider: 'acme', data_class: 'secret' }] },
      'data_class',
    ],
    ['trust with secrets', { providers: [{ ...acme, data_classes: ['secret'] }] }, 'data_classes'],
    ['a budget below nothing', { budget: { tokens_per_day: -1 } }, 'tokens_per_day'],
    ['a program that is told of sampling', { providers: [{ ...agent, sampling: false }] }, 'sampling'],
    ['a vote of no weight', { providers: [{ ...acme, weight: 0.0001 }] }, 'weight'],
    ['an unknown field', { providers: [{ ...acme, api_key: 'x' }] }, 'api_key'],
    ['no filter', { filter: { secrets: 'off' } }, 'filter.secrets'],
  ])('the upstream section refuses %s', (_what, upstream, words) => expect(issue(upstream)).toContain(words))
})
