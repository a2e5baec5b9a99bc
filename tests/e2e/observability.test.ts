/** Tests the metrics with a real Prometheus, the traces, and the debug logs for secrets, in one run of two daemons. */
import { execFile, spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { chatTree, openCollector, traceparent, treeOf } from '../harness/collector.ts'
import { freePort } from '../harness/free-port.ts'
import { openMesh } from '../harness/mesh.ts'
import { here, ripple } from '../harness/peer.ts'
import { missing, observability, panelExpressions, ruleExpressions } from '../harness/prometheus.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const mesh = await openMesh('observability')
const collector = await openCollector()
const daemons: Ready[] = []
/** Texts that no log may hold, by what they are. */
const hidden = new Map([
  ['a prompt of a task', 'zanzibar quokka lighthouse'],
  ['a prompt of /v1', 'marzipan otter telescope'],
  ['a value of a secret', 'a-secret-value-of-nobody-4711'],
  ['a header for the collector', 'Bearer a-key-of-a-collector-4712'],
])

beforeAll(async () => {
  vi.stubEnv('RIPPLE_TRACES_ENDPOINT', collector.endpoint)
  vi.stubEnv('RIPPLE_TRACES_HEADERS', 'collector')
  vi.stubEnv('RIPPLE_SECRET_COLLECTOR', `authorization: ${hidden.get('a header for the collector')}`)
  for (const name of ['one', 'two']) {
    daemons.push((await mesh.up(name)).ready)
    await mesh.call(name, 'logs.level', { level: 'debug' })
  }
  const [one, two] = daemons
  if (!one || !two) return
  await until('the machines see each other', () => mesh.sees('one', two.agent))
  const base64 = Buffer.from(hidden.get('a value of a secret') ?? '').toString('base64')
  await mesh.call('one', 'secret.set', { name: 'acme', base64 })
  const { key } = await mesh.call<{ key: string }>('one', 'key.create', {
    name: 'prometheus',
    scopes: ['read'],
  })
  hidden.set('a key', key)
  for (const { api } of daemons) {
    hidden.set(`the token of ${api.url}`, (await readFile(api.token_file, 'utf8')).trim())
    hidden.set(`the key of ${api.url}`, (await readFile(api.key_file, 'utf8')).trim())
  }
  const post = { prompt: `Say ${hidden.get('a prompt of a task')}.`, max_tokens: 8, wait: true }
  expect(await mesh.call<TaskView>('one', 'task.post', post)).toMatchObject({ state: 'accepted' })
  const answer = await chat({})
  expect(answer.status).toBe(200)
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
  await collector[Symbol.asyncDispose]()
  vi.unstubAllEnvs()
})

/** Asks the first machine with a prompt that is hidden. */
async function chat(headers: Record<string, string>): Promise<Response> {
  const url = daemons[0]?.api.url ?? ''
  const authorization = `Bearer ${hidden.get(`the key of ${url}`)}`
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model: DEFAULT_MODEL,
      max_tokens: 8,
      messages: [{ role: 'user', content: `Say ${hidden.get('a prompt of /v1')}.` }],
    }),
  })
}

test('a stand-in collector gets one trace with the spans of two machines, each with the right parent', async () => {
  const there = { 'x-ripple-target': 'two' }
  await until('the second machine answers', async () => (await chat(there)).ok)
  expect((await chat({ ...there, traceparent })).status).toBe(200)
  const wanted = chatTree('one', 'two', DEFAULT_MODEL)
  const count = Object.keys(wanted).length
  await until('all spans arrive', async () => Object.keys(treeOf(collector.spans)).length >= count)
  expect(treeOf(collector.spans)).toEqual(wanted)
  expect(collector.spans.filter(({ from, to }) => to < from)).toEqual([])
  const runs = collector.spans.filter(({ name }) => name === `chat ${DEFAULT_MODEL}`)
  for (const { attributes } of runs)
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ripple',
      'gen_ai.request.model': DEFAULT_MODEL,
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
    })
  expect(collector.headers.at(-1)?.authorization).toBe(hidden.get('a header for the collector'))
})

test('no span holds a prompt, a secret, a key or a token', () => {
  const sent = collector.bodies.join('\n')
  for (const [what, value] of hidden) expect(sent.includes(value), `a span holds ${what}`).toBe(false)
})

test('no log at the level debug holds a prompt, a secret, a key or a token', async () => {
  for (const { data } of daemons) {
    const folder = join(data, 'logs')
    const files = await readdir(folder)
    expect(files).toEqual(expect.arrayContaining(['ripple.log', 'history.ndjson']))
    for (const file of files) {
      const text = await readFile(join(folder, file), 'utf8')
      if (file === 'ripple.log') expect(text).toContain('"level":20')
      for (const [what, value] of hidden) expect(text.includes(value), `${file} holds ${what}`).toBe(false)
    }
  }
})

test('`top` shows the machines and the load of each, once with --once and as JSON', async () => {
  const run = async (...words: string[]) => (await ripple(here, 'top', ...words, ...mesh.at('one'))).stdout
  expect(await run('--once')).toMatch(
    /^one: \w+, .*\n\nMACHINE +STATE .*\n(?:.*\n)?one \(this one\) +online /,
  )
  const { machines, tasks } = JSON.parse(await run('--json'))
  expect(machines.map(({ name }: { name: string }) => name).sort()).toEqual(['one', 'two'])
  expect(tasks).toEqual([])
})

/** Longest time until the first view, and until the end after a key, in milliseconds. */
const VIEW_MS = 30_000

test.skipIf(process.platform !== 'linux').each(['q', '\u0003'])(
  '`top` shows the mesh on a terminal until %j, and leaves the terminal as it was',
  async (key) => {
    const program = new URL('../../host/cli/ripple.mjs', import.meta.url).pathname
    const words = [process.execPath, program, 'top', ...mesh.at('one')].map((word) => `'${word}'`).join(' ')
    // A program of util-linux that runs another one on a terminal of its own.
    const child = spawn('script', ['-qec', words, '/dev/null'], { timeout: 2 * VIEW_MS })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    await until('it has looked twice', async () => said.split('MACHINE').length > 2, VIEW_MS)
    child.stdin.write(key)
    expect(await ended).toBe(0)
    expect(said).toContain('one (this one)')
    expect(said.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
  },
)

const without = missing('prometheus')

test.skipIf(without)(
  `Prometheus scrapes a daemon with a key for reading, and every expression has a value${without}`,
  async () => {
    const port = await freePort()
    const config = await writeConfig()
    const ended = new AbortController()
    const words = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(mesh.folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]
    const gone = new Promise((resolve) => {
      execFile('prometheus', words, { signal: ended.signal, killSignal: 'SIGTERM' }, resolve)
    })
    try {
      const ask = (expr: string) => query(port, expr)
      await until('Prometheus has scraped twice', async () => {
        const found = await ask('count_over_time(up{job="ripple"}[1m]) > 2 and up{job="ripple"} == 1').catch(
          () => [],
        )
        return found.length > 0
      })
      await until(
        'the machines have compared their data',
        async () => (await ask('ripple_dht_lag_seconds')).length > 0,
      )
      for (const { title, expr } of panelExpressions()) expect(await ask(expr), title).not.toEqual([])
      for (const { title, expr } of ruleExpressions())
        expect(await ask(expr.replace(/ (==|>) [\d.]+/g, '')), title).not.toEqual([])
      expect(await ask('sum(ripple_tasks_total{outcome="accepted"}) >= 2')).not.toEqual([])
      expect(await ask('ripple_peers{state="online"} == 1')).not.toEqual([])
    } finally {
      ended.abort()
      await gone
    }
  },
)

/** Writes the shipped configuration with the address and the key of this run. */
async function writeConfig(): Promise<string> {
  const shipped = parse(await readFile(join(observability, 'prometheus.yml'), 'utf8'))
  await writeFile(join(mesh.folder, 'ripple.key'), `${hidden.get('a key')}\n`)
  shipped.global = { scrape_interval: '1s', evaluation_interval: '1s' }
  shipped.rule_files = [join(observability, 'alerts.yml')]
  shipped.scrape_configs[0].static_configs = [{ targets: [new URL(daemons[0]?.api.url ?? '').host] }]
  const path = join(mesh.folder, 'prometheus.yml')
  await writeFile(path, stringify(shipped))
  return path
}

/** Returns the samples of an expression now. Throws if Prometheus refuses it. */
async function query(port: number, expr: string): Promise<unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`)
  const { status, error, data } = (await answer.json()) as {
    status: string
    error?: string
    data: { result: unknown[] }
  }
  if (status !== 'success') throw new TypeError(`${expr}: ${error}`)
  return data.result
}
