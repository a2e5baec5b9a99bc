import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import { readRecord } from '../../host/ensemble/query/record.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { StatusView, TaskView, WhyView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import type { EgressLine } from '../../host/providers/port.ts'
import { revealedPayload } from '../../host/receipt/verify.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Machine, type Ran, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Requests that may leave in a day: what these tests send before the asker's restart. */
const REQUESTS_PER_DAY = 2
/** Providers that vote in an ensemble here. */
const VOTERS = 2
const DAY_MS = 86_400_000
/** The time that must be left of the UTC day, in milliseconds: these tests take a fraction of it. */
const DAY_LEFT_MS = 180_000
/** A program that answers: it gives back what it read in capital letters. */
const program = { name: 'shout', kind: 'command', command: ['tr', 'a-z', 'A-Z'] }

const model = `upstream:acme/${DEFAULT_MODEL}`
let mesh: Mesh
/** The provider: a whole daemon, on a network of its own. */
let acme: Running<Ready>
/** The daemon that asks the provider, on a network that lets requests out. */
let near: Running<Ready>
let data: string[] = []

/** Writes the configuration that both daemons read, and the commands with them. */
async function configure(base_url: string): Promise<void> {
  await writeSettings({ providers: [acmeAt(base_url)], requests_per_day: REQUESTS_PER_DAY })
}

function acmeAt(base_url: string) {
  const provider = { name: 'acme', kind: 'openai', base_url, models: [DEFAULT_MODEL], key: 'acme' }
  return { ...provider, data_classes: ['public', 'internal'] }
}

interface Settings {
  readonly providers: readonly { readonly name: string }[]
  readonly requests_per_day: number
}

async function writeSettings({ providers, requests_per_day }: Settings, more = {}): Promise<void> {
  const allows = providers.map(({ name }) => ({ provider: name, data_class: 'public' }))
  const upstream = { providers, allows, budget: { requests_per_day } }
  await writeFile(join(mesh.folder, 'ripple', 'config.yaml'), stringify({ upstream, ...more }))
}

beforeAll(async () => {
  mesh = await openMesh('upstream')
  await mkdir(join(mesh.folder, 'ripple'))
  vi.stubEnv('XDG_CONFIG_HOME', mesh.folder)
  await configure('http://127.0.0.1:1/v1')
  acme = await mesh.up('acme')
  await configure(`${acme.ready.api.url}/v1`)
  data = ['--data', await warmData(mesh.folder, 'near')]
  near = await startNear()
  await untilDayLasts(DAY_LEFT_MS)
}, WARM_MS)

/** Starts who asks. Only local networks have names, which the rest of the mesh's address holds. */
function startNear(): Promise<Running<Ready>> {
  const [server = ''] = mesh.url.split('#')
  const words = ['--network', 'testnet', '--bootstrap', server, '--name', 'near', '--port', '0']
  return running<Ready>(here, 'up', ...data, ...words)
}

/** Waits, where less than so many milliseconds are left of the day by UTC, until the next one has begun. */
async function untilDayLasts(ms: number): Promise<void> {
  const left = DAY_MS - (Date.now() % DAY_MS)
  if (left > ms) return
  const day = Math.floor(Date.now() / DAY_MS)
  await until('the next day has begun', async () => Math.floor(Date.now() / DAY_MS) > day, 2 * ms)
}

afterAll(async () => {
  await near?.end('SIGINT')
  expect(await mesh.end()).toEqual([])
  vi.unstubAllEnvs()
})

/** Asks the provider by the command line. */
const ask = (prompt: string, ...words: string[]): Promise<Ran> =>
  ripple(here, 'ask', prompt, '--model', model, '--max-tokens', '8', '--json', ...words, ...data)
const ofClass = (name: string): string[] => ['--data-class', name]
const codeOf = ({ stdout, stderr }: Ran): string => JSON.parse(stdout || stderr).error.code

/** OpenAI's client of a daemon's owner. */
async function clientOf({ ready: { api } }: Running<Ready>): Promise<OpenAI> {
  const apiKey = (await readFile(api.token_file, 'utf8')).trim()
  return new OpenAI({ baseURL: `${api.url}/v1`, apiKey, maxRetries: 0 })
}

/** Lists the requests that the provider got so far, newest first. */
const heard = async (): Promise<readonly TaskView[]> =>
  (await mesh.call<{ tasks: TaskView[] }>('acme', 'task.list')).tasks

/** Lines of the record of what has left. */
async function left(): Promise<EgressLine[]> {
  const text = await readFile(join(mesh.folder, 'near', 'logs', 'egress.ndjson'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('a second daemon as a provider of the first', () => {
  test('a provider without its key gets no request', async () => {
    const { models } = await rippleJson<{ models: { state: string }[] }>(here, 'upstream', 'ls', ...data)
    expect(models).toMatchObject([{ name: model, state: 'no_key', data_classes: ['public'] }])
    expect(codeOf(await ask('Hi', ...ofClass('public')))).toBe('RIPPLE_UPSTREAM_NO_KEY')
    const typed: Machine = {
      prefix: ['sh', '-c', `exec "$@" < '${acme.ready.api.token_file}'`, 'sh'],
    }
    expect((await ripple(typed, 'secret', 'set', 'acme', '--stdin', ...data)).code).toBe(0)
    expect(await heard()).toEqual([])
  })

  test('a provider answers an allowed request without seeing the address in it', async () => {
    const { code, stdout } = await ask('Greet jane@example.org.', ...ofClass('public'))
    expect(code).toBe(0)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({ route: 'upstream', model, task: null, receipt: null })
    expect(answer.response.length).toBeGreaterThan(0)
    const [asked] = await heard()
    const { output, receipt } = await mesh.accepted('acme', asked?.id ?? '')
    expect(output?.text).toBe(answer.response)
    const payload = new TextDecoder().decode(revealedPayload(await readFile(receipt ?? '')) ?? undefined)
    expect(payload).toContain('Greet [email')
    expect(payload).not.toContain('jane')
    const nears = await rippleJson<WhyView>(here, 'task', 'why', answer.trace_id, ...data)
    expect(nears.decisions).toMatchObject([{ point: 'egress', allow: true }])
    const acmes = await mesh.call<WhyView>('acme', 'task.why', { id: answer.trace_id })
    expect(acmes.decisions).toMatchObject([{ point: 'post', subject: asked?.id, allow: true }])
    expect((await left()).at(-1)).toMatchObject({
      ...{ provider: 'acme', data_class: 'public', outcome: 'answered', masked: { email: 1 }, found: {} },
    })
  })

  test.each([
    ['of the class that holds where none is named', 'Hi', [], 'RIPPLE_POLICY_REFUSED'],
    [
      'of a class that the provider may have, and no allow names',
      'Hi',
      ofClass('internal'),
      'RIPPLE_POLICY_REFUSED',
    ],
    ['of a class that nothing may leave by', 'Hi', ofClass('secret'), 'RIPPLE_POLICY_REFUSED'],
    [
      'with a secret in it',
      'password = "hunter2-and-more-of-it"',
      ofClass('public'),
      'RIPPLE_UPSTREAM_FILTERED',
    ],
  ])('a provider is not asked a prompt %s', async (_what, prompt, words, error) => {
    const before = (await heard()).length
    const ran = await ask(prompt, ...words)
    expect([ran.code, codeOf(ran)]).toEqual([4, error])
    expect((await heard()).length).toBe(before)
    expect((await left()).at(-1)).toMatchObject({ outcome: 'refused', bytes_out: 0, tokens: 0 })
  })

  test("a provider answers the OpenAI client until the day's budget is spent", async () => {
    const client = await clientOf(near)
    const headers = { 'x-ripple-data-class': 'public' }
    const body = { model, messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 8 }
    const stream = await client.chat.completions.create({ ...body, stream: true }, { headers })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text.length).toBeGreaterThan(0)
    const before = (await heard()).length
    expect(before).toBe(REQUESTS_PER_DAY)
    await expect(client.chat.completions.create(body, { headers })).rejects.toMatchObject({
      status: 403,
      type: 'permission_error',
      error: { ripple_code: 'RIPPLE_POLICY_REFUSED', facts: { reasons: 'budget_spent' } },
    })
    expect((await heard()).length).toBe(before)
  })

  test('a provider stays off on the network local, whatever its owner allows', async () => {
    const words = ['ask', 'Hi', '--model', model, ...ofClass('public'), '--json', ...mesh.at('acme')]
    expect(codeOf(await ripple(here, ...words))).toBe('RIPPLE_UPSTREAM_OFF')
    const { models } = await rippleJson<{ models: { state: string }[] }>(
      here,
      ...['upstream', 'ls', ...mesh.at('acme')],
    )
    expect(models).toMatchObject([{ name: model, state: 'off' }])
  })

  test('each egress decision leaves a record without text', async () => {
    const folder = join(mesh.folder, 'near', 'audit')
    const days = (await readdir(folder)).sort()
    const text = (await Promise.all(days.map((file) => readFile(join(folder, file), 'utf8')))).join('')
    const decisions = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const egress = decisions.filter(({ point }) => point === 'egress')
    const told = egress.map(({ allow, facts }) => [facts.data_class, allow])
    expect(told).toEqual([
      ...[
        ['public', true],
        ['private', false],
        ['internal', false],
        ['secret', false],
      ],
      ...[
        ['public', false],
        ['public', true],
        ['public', false],
      ],
    ])
    for (const secret of ['jane', 'hunter2'])
      expect(text + JSON.stringify(await left())).not.toContain(secret)
  })
})

test('a repeated request with the same seed comes from the prompt cache and is counted', async () => {
  const again = { prompt: 'Name a river.', model: DEFAULT_MODEL, max_tokens: 4, seed: 1 }
  const first = await mesh.call<{ response: string }>('acme', 'inference.single_query', again)
  const second = await mesh.call<{ response: string }>('acme', 'inference.single_query', again)
  expect([second.response, second]).toEqual([first.response, expect.objectContaining({ route: 'cache' })])
  const { prompt_cache } = await mesh.call<StatusView>('acme', 'status')
  expect(prompt_cache).toEqual({ entries: 1, hits: 1, misses: 1, hit_rate: 0.5 })
})

describe('the first daemon after a restart with other settings', () => {
  /** An hour of the day in which it is not now. */
  const hour = String((new Date().getHours() + 12) % 24).padStart(2, '0')
  const away = `${hour}:00-${hour}:59`

  beforeAll(async () => {
    await near.end('SIGINT')
    const shout = { ...program, models: ['default'], data_classes: ['public'] }
    const providers = [acmeAt(`${acme.ready.api.url}/v1`), shout]
    const more = { share: { hours: [away] }, inference: { post: false } }
    await writeSettings({ providers, requests_per_day: REQUESTS_PER_DAY + 1 + VOTERS }, more)
    near = await startNear()
  }, WARM_MS)

  test("two providers vote with the machine's own samples, each behind the egress policy", async () => {
    const client = await clientOf(near)
    const messages = [{ role: 'user' as const, content: 'Is water wet?' }]
    const body = { model: 'ripple/moe', messages, max_tokens: 8, metadata: { task_type: 'code_generation' } }
    const headers = { 'x-ripple-data-class': 'public' }
    const { choices } = await client.chat.completions.create(body, { headers })
    const folder = join(mesh.folder, 'near', 'ensemble', 'records')
    const [name = ''] = await readdir(folder)
    const record = readRecord(await readFile(join(folder, name), 'utf8'))
    expect(record).toMatchObject({ cloud: 'full', degraded: false, decision: { allow: true } })
    expect(record?.response).toBe(choices[0]?.message.content)
    const cloud = record?.members.filter(({ tier }) => tier === 'cloud') ?? []
    expect(cloud.map(({ model: asked, outcome, chosen }) => [asked, outcome, chosen])).toEqual([
      ['acme', 'answered', 'fallback'],
      ['shout', 'answered', 'fallback'],
    ])
    expect(cloud[1]?.response).toContain('IS WATER WET?')
    const voted = record?.vote.classes.reduce((sum, { votes }) => sum + votes, 0)
    expect(voted).toBe(record?.members.length)
    expect((await left()).slice(-VOTERS).map(({ provider }) => provider)).toEqual(
      expect.arrayContaining(['acme', 'shout']),
    )
  })

  test("a program works as a provider, and earlier requests count to the day's budget", async () => {
    const shout = [
      'ask',
      'Greet the sea.',
      '--model',
      'upstream:shout/default',
      ...ofClass('public'),
      '--json',
    ]
    const { response, route } = await rippleJson<{ response: string; route: string }>(here, ...shout, ...data)
    expect(response).toContain('GREET THE SEA.')
    expect(route).toBe('upstream')
    expect((await left()).at(-1)).toMatchObject({ provider: 'shout', outcome: 'answered' })
    expect(codeOf(await ask('Hi', ...ofClass('public')))).toBe('RIPPLE_POLICY_REFUSED')
  })

  test("a machine's own models answer outside of its hours, without a task", async () => {
    const words = ['ask', 'Hi', '--model', DEFAULT_MODEL, '--max-tokens', '4', '--json', ...data]
    const answer = await rippleJson<{ response: string }>(here, ...words)
    expect(answer).toMatchObject({ route: 'local', task: null, receipt: null })
    expect(answer.response).not.toBe('')
    const status = await rippleJson<StatusView>(here, 'status', ...data)
    expect(status.paused).toContain(away)
  })
})
