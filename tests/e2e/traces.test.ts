// Tests that a real OpenTelemetry Collector gets one trace of a task over two daemons, behind HEAVY_CLIENTS=1.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { chatTree, openCollector, traceparent, treeOf } from '../harness/collector.ts'
import { freePort } from '../harness/free-port.ts'
import { openMesh } from '../harness/mesh.ts'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import { collectorProgram, heavyClients } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const stack = new AsyncDisposableStack()

afterAll(async () => {
  await stack.disposeAsync()
  vi.unstubAllEnvs()
})

test.runIf(heavyClients && collectorProgram !== undefined)(
  'a real OpenTelemetry Collector gets one trace with the spans of two machines, each with the right parent',
  async () => {
    // The collector passes on what it got, so that the test can read it.
    const receiver = stack.use(await openCollector())
    vi.stubEnv('RIPPLE_TRACES_ENDPOINT', await runCollector(receiver.endpoint))
    const mesh = await openMesh('traces')
    stack.defer(async () => expect(await mesh.end()).toEqual([]))
    const [poster] = await Promise.all([mesh.upWithoutModels('poster'), mesh.upScripted('worker')])
    const { url, key_file } = poster.ready.api
    const headers = { authorization: `Bearer ${(await readFile(key_file, 'utf8')).trim()}` }
    await until('the poster knows the model', async () =>
      (await (await fetch(`${url}/v1/models`, { headers })).text()).includes(SCRIPTED_MODEL),
    )
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, traceparent, 'content-type': 'application/json' },
      body: JSON.stringify({ model: SCRIPTED_MODEL, messages: [{ role: 'user', content: 'Hello.' }] }),
    })
    expect(answer.status).toBe(200)
    const wanted = chatTree('poster', 'worker', SCRIPTED_MODEL)
    await until('all spans arrive', async () => receiver.spans.length >= Object.keys(wanted).length)
    expect(treeOf(receiver.spans)).toEqual(wanted)
  },
  WARM_MS,
)

/** Runs the collector, which passes spans on to a URL as JSON. Returns the URL at which it takes them. */
async function runCollector(to: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-collector-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const endpoint = `127.0.0.1:${await freePort()}`
  // The configuration of the docs page, with another address and an exporter to the test.
  const page = await readFile(new URL('../../docs/traces.md', import.meta.url), 'utf8')
  const [, shown = ''] = /```yaml\n( +receivers:\n +otlp:[\s\S]*?)```/.exec(page) ?? []
  const config = parse(shown)
  config.receivers.otlp.protocols.http.endpoint = endpoint
  config.exporters = { otlp_http: { traces_endpoint: to, encoding: 'json', compression: 'none' } }
  config.service.pipelines.traces.exporters = ['otlp_http']
  await writeFile(join(folder, 'config.yaml'), stringify(config))
  const words = ['--config', join(folder, 'config.yaml')]
  const program = spawn(collectorProgram ?? '', words, { stdio: 'ignore' })
  stack.defer(async () => {
    const ended = once(program, 'exit')
    program.kill()
    await ended
  })
  const url = `http://${endpoint}/v1/traces`
  await until('the collector listens', () => fetch(url).then(Boolean, () => false))
  return url
}
