/** Tests a key of a program on a real daemon, from its making to its removal. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI, { AuthenticationError, RateLimitError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KeyView } from '../../host/keys/port.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Running, ripple, rippleJson } from '../harness/peer.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const DAY_S = 86_400
const asked = {
  model: DEFAULT_MODEL,
  messages: [{ role: 'user' as const, content: 'Name three primes.' }],
  max_tokens: 8,
}
let mesh: Mesh
let daemon: Running<Ready>
let apiKey = ''
let client: OpenAI

beforeAll(async () => {
  mesh = await openMesh('keys')
  daemon = await mesh.up('one')
  const made = ['key', 'create', 'bot', '--scope', 'infer', '--tokens-per-day', '1']
  const output = await rippleJson<{ key: string }>(here, ...made, ...mesh.at('one'))
  apiKey = output.key
  client = new OpenAI({
    baseURL: `${daemon.ready.api.url}/v1`,
    apiKey,
    maxRetries: 0,
    timeout: WARM_MS,
  })
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

/** Returns the status and the code of an operation's answer to the key. */
async function call(path: string): Promise<[number, string]> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const answer = await fetch(`${daemon.ready.api.url}${path}`, { method: 'POST', headers, body: '{}' })
  const { error } = (await answer.json()) as { error: { code: string } }
  return [answer.status, error.code]
}

async function keyOf(name: string): Promise<KeyView | undefined> {
  const { keys } = await rippleJson<{ keys: KeyView[] }>(here, 'key', 'ls', ...mesh.at('one'))
  return keys.find((key) => key.name === name)
}

async function auditText(): Promise<string> {
  const folder = join(mesh.folder, 'one', 'audit')
  const files = (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8'))
  return (await Promise.all(files)).join('')
}

describe('a key with the scope infer and a bound of one token a day', () => {
  test('the ask that crosses the bound is answered, counted and recorded under the key', async () => {
    const answer = await client.chat.completions.create(asked)
    expect(answer.choices[0]?.message.content).not.toBe('')
    const { prompt_tokens: tokens_in, completion_tokens: tokens_out } = answer.usage ?? {}
    const key = await keyOf('bot')
    expect(key).toMatchObject({ scopes: ['infer'], tokens_per_day: 1 })
    expect(key?.today).toEqual({ requests: 1, tokens_in, tokens_out })
    expect(await auditText()).toContain('"principal.kind":"key","principal.name":"bot"')
  })

  test('the next ask is refused until midnight UTC, and the list of models is not', async () => {
    const refused: unknown = await client.chat.completions.create(asked).catch((thrown: unknown) => thrown)
    expect(refused).toBeInstanceOf(RateLimitError)
    const { code, headers } = refused as RateLimitError
    const wait = Number(headers.get('retry-after'))
    expect([code, wait > 0 && wait <= DAY_S]).toEqual(['insufficient_quota', true])
    expect((await client.models.list()).data.length).toBeGreaterThan(0)
  })

  test('an operation that asks no model is refused', async () => {
    for (const path of ['/api/status', '/api/task/post', '/api/down', '/api/key/create'])
      expect([path, await call(path)]).toEqual([path, [403, 'RIPPLE_SCOPE_REFUSED']])
  })

  test('a removed key is unknown', async () => {
    expect((await ripple(here, 'key', 'rm', 'bot', ...mesh.at('one'))).code).toBe(0)
    await expect(client.chat.completions.create(asked)).rejects.toBeInstanceOf(AuthenticationError)
    expect(await call('/api/status')).toEqual([401, 'RIPPLE_UNAUTHORIZED'])
    expect(await keyOf('bot')).toBeUndefined()
  })
})
