import { describe, expect, it, test } from 'vitest'
import { environmentSecrets, Secret, type SecretLink, secretChain } from '../../../host/config/secrets.ts'
import { upstreamSection } from '../../../host/config/upstream.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import type { EgressLine } from '../../../host/providers/port.ts'
import { openProviderSet } from '../../../host/providers/provider-set.ts'
import type { Ask } from '../../../host/types/answer.ts'
import type { DataClass } from '../../../host/types/data-class.ts'
import type { Decision } from '../../../host/types/decision.ts'
import type { Json } from '../../../host/types/json.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'
import { answerWith, beginStream, delta, serveProvider } from './provider-server.ts'
import { request } from './requests.ts'

const KEY = 'k-1234567890-not-real'
const API_KEY = 'tWqf-own-api-key-of-this-daemon'
const PROMPT = 'Name a river near jane@example.org.'
const never = new AbortController().signal
const now = Date.UTC(2026, 10, 23, 12)
const clock = { now: () => now, sleep: async () => {} }

function ask(text = PROMPT, changes: Partial<Ask> = {}): Ask {
  const { model: _model, ...rest } = request({ input: { type: 'text', text, template: 'auto' } })
  return { ...rest, model: 'any', key: null, trace_id: 'trace-1', ...changes }
}

type Facts = Record<string, Json>

/** Stands in for the policy gate: it answers as it is told and remembers what it was asked. */
class StandInGate {
  readonly asked: { subject: string; facts: Facts }[] = []
  answer: (facts: Facts) => boolean

  constructor(answer: (facts: Facts) => boolean = allowNamed) {
    this.answer = answer
  }

  async decide(
    point: Decision['point'],
    subject: string,
    facts: { readonly [name: string]: Json },
  ): Promise<Decision> {
    this.asked.push({ subject, facts: { ...facts } })
    const allow = this.answer({ ...facts })
    const policy = { name: 'egress', digest: null }
    return {
      id: 'd-1',
      point,
      subject,
      allow,
      rule: 'egress',
      reasons: allow ? [] : ['not_allowed'],
      policy,
      at: now,
    }
  }
}

/** The rule of the shipped policy that these tests are about. */
function allowNamed({ allows, provider, data_class, secrets_found, pii_found }: Facts): boolean {
  const named = (allows as { provider: string; data_class: string }[]).some(
    (allow) => allow.provider === provider && allow.data_class === data_class,
  )
  return named && secrets_found === 0 && pii_found === 0
}

interface Given {
  readonly network?: string
  readonly provider?: object
  readonly section?: object
  readonly secrets?: Record<string, Secret>
  readonly link?: SecretLink
}

async function opened(url: string, given: Given = {}) {
  const provider = {
    ...{ name: 'acme', kind: 'openai', base_url: url, models: ['small', 'org/big'], key: 'acme' },
    data_classes: ['public', 'internal'],
    ...given.provider,
  }
  const config = upstreamSection.parse({
    providers: [provider],
    allows: [
      { provider: 'acme', data_class: 'public' },
      { provider: 'acme', data_class: 'private' },
    ],
    ...given.section,
  })
  const gate = new StandInGate()
  const lines: EgressLine[] = []
  const journal = new MemoryJournal()
  const links = [
    environmentSecrets(given.secrets ?? { acme: new Secret(KEY) }),
    ...(given.link ? [given.link] : []),
  ]
  const upstreams = await openProviderSet({
    config,
    network: given.network ?? 'testnet',
    secrets: secretChain(links),
    apiKeys: async () => [API_KEY],
    gate,
    journal,
    clock,
    env: { path: process.env.PATH ?? '', home: '/' },
    record: (line) => lines.push(line),
  })
  const say = (model = 'acme/small', asked = ask(), dataClass: DataClass = 'public', signal = never) =>
    upstreams.ask(model, asked, dataClass, () => {}, signal)
  return { upstreams, gate, lines, say, journal }
}

const code = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (thrown) => (thrown instanceof RippleError ? thrown.code : String(thrown)),
  )

describe('a request to a provider', () => {
  it('a request to a provider is filtered, decided, charged, sent and recorded', async () => {
    await using server = await serveProvider(answerWith('The ', 'Rhine.'))
    const { upstreams, gate, lines } = await opened(server.url)
    const pieces: string[] = []
    const answer = await upstreams.ask(
      'upstream:acme/small',
      { ...ask(), principal: { kind: 'key', name: 'bot', scopes: ['infer'] } },
      'public',
      (text) => pieces.push(text),
      never,
    )
    expect(answer.text).toBe('The Rhine.')
    expect(pieces).toEqual(['The ', 'Rhine.'])
    expect(server.heard[0]?.body.messages).toEqual([{ role: 'user', content: 'Name a river near [email].' }])
    expect(gate.asked).toEqual([
      {
        subject: 'trace-1',
        facts: {
          provider: 'acme',
          provider_kind: 'openai',
          data_class: 'public',
          network: 'testnet',
          // It was not approved for private data, so the allow for that is none.
          allows: [{ provider: 'acme', data_class: 'public' }],
          secrets_found: 0,
          pii_found: 0,
          secrets_masked: 0,
          pii_masked: 1,
          bytes: expect.any(Number),
          budget: { tokens_left: 1_000_000, requests_left: 1_000 },
          budget_left: 1,
          now,
          principal: { kind: 'key', name: 'bot' },
        },
      },
    ])
    expect(lines).toEqual([
      {
        at: now,
        trace_id: 'trace-1',
        provider: 'acme',
        model: 'small',
        data_class: 'public',
        decision: 'd-1',
        outcome: 'answered',
        code: null,
        masked: { email: 1 },
        found: {},
        bytes_out: gate.asked[0]?.facts.bytes,
        bytes_in: 10,
        tokens: 13,
      },
    ])
    expect(upstreams.budget()).toMatchObject({ tokens_left: 1_000_000 - 13, requests_left: 999 })
  })

  it('a request carries its trace id only if that is a UUID', async () => {
    await using server = await serveProvider(answerWith('ok'))
    const { say, gate } = await opened(server.url)
    const trace_id = '0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0'
    await say('acme/small', ask(PROMPT, { trace_id }))
    await say('acme/small', ask(PROMPT, { trace_id: 'jane.doe' }))
    await say('acme/small', ask(PROMPT, { trace_id: null }))
    const made = gate.asked[2]?.subject
    expect(server.heard.map(({ headers }) => headers['x-ripple-trace'])).toEqual([trace_id, undefined, made])
    expect(made).toMatch(/^[0-9a-f-]{36}$/)
    expect(JSON.stringify(server.heard)).not.toContain('jane')
  })

  it('a model whose name has a slash is found', async () => {
    await using server = await serveProvider(answerWith('ok'))
    const { say } = await opened(server.url)
    await say('acme/org/big')
    expect(server.heard[0]?.body.model).toBe('org/big')
  })

  it('all text of a request is filtered', async () => {
    await using server = await serveProvider(answerWith('ok'))
    const { say } = await opened(server.url)
    const mail = 'jane@example.org'
    const turn = {
      role: 'user',
      content: mail,
      tool_calls: [{ id: 'c', name: 'f', arguments: mail }],
    } as const
    await say(
      'acme/small',
      ask('', {
        input: {
          type: 'chat',
          messages: [{ ...turn, tool_calls: [...turn.tool_calls], tool_call_id: mail }],
          tools: [{ name: 'f', description: mail, parameters: { [mail]: { enum: [mail, 1, null] } } }],
          tool_choice: 'auto',
        },
        format: { type: 'schema', schema: { title: mail } },
        stop: [mail],
      }),
    )
    const sent = JSON.stringify(server.heard[0]?.body)
    expect(sent).not.toContain(mail)
    expect(sent.split('[email]')).toHaveLength(9)
  })

  it('a number with a finding does not leave, and others leave unchanged', async () => {
    await using server = await serveProvider(answerWith('ok'))
    const { say } = await opened(server.url)
    const card = 4_111_111_111_111_111
    const schema = { const: card, enum: [1, -2.5, 4_111_111_111_111_112] }
    await say('acme/small', ask('', { format: { type: 'schema', schema } }))
    const sent = JSON.stringify(server.heard[0]?.body)
    expect(sent).not.toContain(String(card))
    expect(sent).toContain('{"const":"[card]","enum":[1,-2.5,4111111111111112]}')
  })
})

describe('a stored answer', () => {
  const spent = { section: { budget: { tokens_per_day: 0, requests_per_day: 0 } }, secrets: {} }

  it('a stored answer is decided and recorded as its request, at no cost', async () => {
    await using server = await serveProvider(answerWith('no'))
    const { upstreams, gate, lines } = await opened(server.url, spent)
    await upstreams.repeat('acme/small', ask(), 'public')
    expect(gate.asked).toMatchObject([
      {
        subject: 'trace-1',
        facts: { provider: 'acme', data_class: 'public', pii_masked: 1, budget_left: 1 },
      },
    ])
    expect(lines).toMatchObject([
      { trace_id: 'trace-1', outcome: 'kept', code: null, masked: { email: 1 }, bytes_out: 0, tokens: 0 },
    ])
    expect(server.heard).toEqual([])
  })

  it('a stored answer is not given if its request could not leave', async () => {
    await using server = await serveProvider(answerWith('no'))
    const { upstreams, lines } = await opened(server.url, { section: { filter: { pii: 'refuse' } } })
    const repeat = (asked: Ask, dataClass: DataClass) =>
      code(upstreams.repeat('acme/small', asked, dataClass))
    expect(await repeat(ask('Name a river.'), 'internal')).toBe('RIPPLE_POLICY_REFUSED')
    expect(await repeat(ask(), 'public')).toBe('RIPPLE_UPSTREAM_FILTERED')
    expect(lines.map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
    const local = await opened(server.url, { network: 'local' })
    expect(await code(local.upstreams.repeat('acme/small', ask(), 'public'))).toBe('RIPPLE_UPSTREAM_OFF')
  })
})

describe('requests that stay here', () => {
  async function refused(given: Given, act: Parameters<Awaited<ReturnType<typeof opened>>['say']>) {
    await using server = await serveProvider(answerWith('no'))
    const made = await opened(server.url, given)
    const said = await code(made.say(...act))
    expect(server.heard).toEqual([])
    expect(made.upstreams.budget().requests_left).toBe(made.upstreams.budget().limits.requests_per_day)
    return { said, ...made }
  }

  it('no request leaves on the network local, whatever is configured', async () => {
    const { said, gate } = await refused({ network: 'local' }, ['acme/small'])
    expect(said).toBe('RIPPLE_UPSTREAM_OFF')
    expect(gate.asked).toEqual([])
  })

  test.each<[string, DataClass]>([
    ['without an allow', 'internal'],
    ['for what the provider was not approved for', 'private'],
    ['as a secret', 'secret'],
  ])('no request leaves %s', async (_what, dataClass) => {
    const { said, lines } = await refused({}, ['acme/small', ask(), dataClass])
    expect(said).toBe('RIPPLE_POLICY_REFUSED')
    expect(lines).toMatchObject([
      { outcome: 'refused', code: said, data_class: dataClass, bytes_out: 0, tokens: 0 },
    ])
  })

  it('no request leaves that a policy refuses for its own reasons', async () => {
    await using server = await serveProvider(answerWith('no'))
    const { say, gate } = await opened(server.url)
    gate.answer = () => false
    const thrown = await say().catch((error) => error)
    expect(thrown.message).toBe("policy 'egress' refuses: not_allowed")
    expect(thrown.facts).toEqual({
      ...{ policy: 'egress', rule: 'egress', reasons: 'not_allowed', digest: 'none', trace_id: 'trace-1' },
    })
    expect(server.heard).toEqual([])
  })

  it('no request leaves with an own secret, and the policy learns of it', async () => {
    const { said, gate, lines } = await refused({}, ['acme/small', ask(`Is ${KEY} a good key?`)])
    expect(said).toBe('RIPPLE_UPSTREAM_FILTERED')
    expect(gate.asked[0]?.facts).toMatchObject({ secrets_found: 1, pii_found: 0 })
    expect(lines).toMatchObject([{ outcome: 'refused', code: said, found: { own_secret: 1 } }])
    expect(JSON.stringify([gate.asked, lines])).not.toContain(KEY)
  })

  it('no request leaves with a key of this daemon', async () => {
    const { said, lines } = await refused({}, ['acme/small', ask(`curl -H 'x: ${API_KEY}'`)])
    expect(said).toBe('RIPPLE_UPSTREAM_FILTERED')
    expect(lines).toMatchObject([{ found: { own_secret: 1 } }])
  })

  it('no request leaves that the filter refuses, even if a policy allows it', async () => {
    await using server = await serveProvider(answerWith('no'))
    const { say, gate } = await opened(server.url, { section: { filter: { pii: 'refuse' } } })
    gate.answer = () => true
    const thrown = await say().catch((error) => error)
    expect(thrown.message).toBe('the request contains data that may not leave this machine: email')
    expect(server.heard).toEqual([])
  })

  it('no request leaves while a secret to filter is unreadable', async () => {
    const unreadable: SecretLink = {
      name: 'file',
      names: async () => ['other'],
      get: async (name) => {
        throw new RippleError('RIPPLE_SECRET_UNREADABLE', { name, detail: 'its file is damaged' })
      },
    }
    expect((await refused({ link: unreadable }, ['acme/small'])).said).toBe('RIPPLE_SECRET_UNREADABLE')
  })

  it('no request leaves to a provider without its key', async () => {
    expect((await refused({ secrets: {} }, ['acme/small'])).said).toBe('RIPPLE_UPSTREAM_NO_KEY')
  })

  it('no request leaves beyond the budget', async () => {
    const budget = { tokens_per_day: 100, requests_per_day: 10 }
    const { said, lines } = await refused({ section: { budget } }, ['acme/small'])
    expect(said).toBe('RIPPLE_UPSTREAM_BUDGET')
    expect(lines).toMatchObject([{ outcome: 'refused', code: said }])
  })

  it('no request leaves to an unknown model', async () => {
    for (const model of ['acme/other', 'acme', 'small', 'upstream:', 'other/small', ''])
      expect((await refused({}, [model])).said).toBe('RIPPLE_UPSTREAM_UNKNOWN')
  })

  it('no request leaves for a caller who has left', async () => {
    const signal = AbortSignal.abort(new RippleError('RIPPLE_INTERRUPTED'))
    expect((await refused({}, ['acme/small', ask(), 'public', signal])).said).toBe('RIPPLE_INTERRUPTED')
  })
})

describe('the budget', () => {
  /** All that is put aside for `ask()`: a token for each byte that leaves, and those of the answer. */
  const reserved = ({ gate }: { gate: StandInGate }) => Number(gate.asked[0]?.facts.bytes) + 64

  test.each<[string, number, string, 'nothing' | 'all']>([
    ['a key that is refused', 401, 'RIPPLE_UPSTREAM_KEY', 'nothing'],
    ['a model that is not there', 404, 'RIPPLE_UPSTREAM_MODEL', 'nothing'],
    ['a provider that is busy', 429, 'RIPPLE_UPSTREAM_BUSY', 'nothing'],
    ['a request that is at fault', 400, 'RIPPLE_UPSTREAM_FAILED', 'nothing'],
    ['a provider that broke', 500, 'RIPPLE_UPSTREAM_FAILED', 'all'],
  ])('the budget counts only what was used after %s', async (_what, status, expected, charged) => {
    await using server = await serveProvider((response) => {
      response.writeHead(status)
      response.end()
    })
    const { say, upstreams, lines, gate } = await opened(server.url)
    expect(await code(say())).toBe(expected)
    expect(upstreams.budget().requests_left).toBe(999)
    const tokens = charged === 'all' ? reserved({ gate }) : 0
    expect(lines).toMatchObject([{ outcome: 'failed', code: expected, tokens }])
    expect(upstreams.budget().tokens_left).toBe(1_000_000 - tokens)
  })

  it('a cut or late answer costs its whole reservation', async () => {
    await using cut = await serveProvider((response) => {
      beginStream(response)
      response.end(delta({ content: 'Half' }))
    })
    await using silent = await serveProvider(() => {})
    for (const [server, expected, timeout_ms] of [
      [cut, 'RIPPLE_UPSTREAM_FAILED', 10_000],
      [silent, 'RIPPLE_TIMEOUT', 1_000],
    ] as const) {
      const { say, upstreams, lines, gate } = await opened(server.url, { provider: { timeout_ms } })
      expect(await code(say())).toBe(expected)
      expect(lines[0]?.tokens).toBe(reserved({ gate }))
      expect(upstreams.budget().tokens_left).toBe(1_000_000 - reserved({ gate }))
    }
  })

  it('an unreachable provider costs nothing', async () => {
    const server = await serveProvider(() => {})
    await server[Symbol.asyncDispose]()
    const { say, upstreams, lines } = await opened(server.url)
    expect(await code(say())).toBe('RIPPLE_UPSTREAM_FAILED')
    expect(lines).toMatchObject([{ outcome: 'failed', tokens: 0 }])
    expect(upstreams.budget().tokens_left).toBe(1_000_000)
  })

  it('a caller who left before the request costs nothing', async () => {
    await using server = await serveProvider(answerWith('no'))
    const caller = new AbortController()
    const { say, lines, gate, upstreams } = await opened(server.url)
    gate.answer = () => {
      caller.abort(new RippleError('RIPPLE_INTERRUPTED'))
      return true
    }
    expect(await code(say('acme/small', ask(), 'public', caller.signal))).toBe('RIPPLE_INTERRUPTED')
    expect(lines).toMatchObject([{ outcome: 'failed', tokens: 0 }])
    expect(upstreams.budget().requests_left).toBe(1_000)
    expect(server.heard).toEqual([])
  })

  it('a request that a provider cannot take costs nothing', async () => {
    await using server = await serveProvider(answerWith('no'))
    const { say, upstreams, lines } = await opened(server.url)
    const embed = ask('', { input: { type: 'embed', texts: ['a river'] } })
    expect(await code(say('acme/small', embed))).toBe('RIPPLE_UPSTREAM_UNABLE')
    expect(lines).toMatchObject([{ outcome: 'failed', code: 'RIPPLE_UPSTREAM_UNABLE', tokens: 0 }])
    expect(upstreams.budget()).toMatchObject({ tokens_left: 1_000_000, requests_left: 1_000 })
    expect(server.heard).toEqual([])
  })

  test.each([
    ['thinks aloud', { reasoning_content: 'x'.repeat(400) }, 100],
    ['thinks aloud under the other name', { reasoning: 'x'.repeat(400) }, 100],
    [
      'calls',
      { tool_calls: [{ index: 0, id: 'abcd', function: { name: 'f', arguments: 'x'.repeat(395) } }] },
      100,
    ],
    ['says nothing more', { reasoning: { unknown: true } }, 0],
  ])('an answer without usage is charged by its bytes: it %s', async (_what, part, more) => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      response.end(delta(part) + delta({ content: 'Ebro' }, 'stop'))
    })
    const { say, lines, gate } = await opened(server.url)
    expect((await say()).text).toBe('Ebro')
    const bytes = Number(gate.asked[0]?.facts.bytes) + 4
    expect(lines[0]?.tokens).toBe(Math.ceil(bytes / limits.upstream_token_bytes) + more)
  })

  it('an abandoned answer is charged for its possible cost', async () => {
    await using server = await serveProvider((response) => beginStream(response))
    const caller = new AbortController()
    const { say, upstreams, lines, gate } = await opened(server.url)
    const asked = code(say('acme/small', ask(), 'public', caller.signal))
    while (server.heard.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(upstreams.budget().tokens_left).toBeLessThan(1_000_000 - 64)
    caller.abort(new RippleError('RIPPLE_INTERRUPTED'))
    expect(await asked).toBe('RIPPLE_INTERRUPTED')
    expect(lines[0]?.tokens).toBe(reserved({ gate }))
    expect(upstreams.budget().tokens_left).toBe(1_000_000 - reserved({ gate }))
  })

  it('simultaneous requests do not exceed the budget', async () => {
    await using server = await serveProvider(answerWith('ok'))
    const budget = { tokens_per_day: 600, requests_per_day: 100 }
    const { say, upstreams } = await opened(server.url, { section: { budget } })
    const ends = await Promise.all(Array.from({ length: 12 }, () => code(say())))
    expect(new Set(ends)).toEqual(new Set(['none', 'RIPPLE_UPSTREAM_BUDGET']))
    expect(server.heard.length).toBe(ends.filter((end) => end === 'none').length)
    expect(upstreams.budget().tokens_left).toBe(600 - server.heard.length * 12)
  })
})

test('requests in hand stay within the bound', async () => {
  await using server = await serveProvider(() => {})
  const caller = new AbortController()
  const { say } = await opened(server.url)
  const asked = Array.from({ length: limits.upstream_asks_max }, () =>
    code(say('acme/small', ask(), 'public', caller.signal)),
  )
  await expect(say()).rejects.toMatchObject({
    code: 'RIPPLE_BUSY',
    facts: { retry_after_s: expect.any(Number) },
  })
  caller.abort(new RippleError('RIPPLE_INTERRUPTED'))
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['RIPPLE_INTERRUPTED']))
  const one = new AbortController()
  const again = code(say('acme/small', ask(), 'public', one.signal))
  one.abort(new RippleError('RIPPLE_INTERRUPTED'))
  expect(await again).toBe('RIPPLE_INTERRUPTED')
})

describe('the list of models', () => {
  const state = async (given: Given) =>
    (await (await opened('https://api.example/v1', given)).upstreams.list())[0]?.state

  it('the list of models says what each may get and whether it can be asked', async () => {
    const { upstreams } = await opened('https://api.example/v1')
    expect(upstreams.names()).toEqual(['upstream:acme/small', 'upstream:acme/org/big'])
    expect((await upstreams.list())[1]).toEqual({
      name: 'upstream:acme/small',
      provider: 'acme',
      model: 'small',
      kind: 'openai',
      state: 'ready',
      data_classes: ['public'],
      weight: 1,
      priority: 100,
    })
    expect(await state({ secrets: {} })).toBe('no_key')
    expect(await state({ secrets: {}, provider: { key: null } })).toBe('ready')
    expect(await state({ network: 'local' })).toBe('off')
  })

  it('the list of models has the preferred provider first', async () => {
    const base = { kind: 'openai', base_url: 'https://api.example/v1', models: ['m'] }
    const providers = [
      { ...base, name: 'acme' },
      { ...base, name: 'light', priority: 2 },
      { ...base, name: 'heavy', priority: 2, weight: 1.5 },
    ]
    const { upstreams } = await opened('', { section: { providers } })
    expect((await upstreams.list()).map(({ provider }) => provider)).toEqual(['heavy', 'light', 'acme'])
  })
})

test('a program is asked under the same rules', async () => {
  const provider = {
    name: 'acme',
    kind: 'command',
    command: ['cat'],
    models: ['small'],
    key: null,
    base_url: undefined,
  }
  const { base_url: _none, ...command } = provider
  const section = { providers: [{ ...command, data_classes: ['public'] }] }
  const { say, lines, upstreams } = await opened('', { section })
  expect((await say()).text).toBe('Name a river near [email].')
  expect(await code(say('acme/small', ask(), 'internal'))).toBe('RIPPLE_POLICY_REFUSED')
  expect(lines.map(({ outcome }) => outcome)).toEqual(['answered', 'refused'])
  const tokens = lines[0]?.tokens ?? 0
  expect(tokens).toBe(Math.ceil(((lines[0]?.bytes_out ?? 0) + 26) / limits.upstream_token_bytes))
  expect(upstreams.budget().tokens_left).toBe(1_000_000 - tokens)
})
