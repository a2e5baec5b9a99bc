import { readFile } from 'node:fs/promises'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Running, ripple, rippleJson } from '../harness/peer.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

type Name = 'poster' | 'worker'

let mesh: Mesh
let peers: Record<Name, Running<Ready>>

beforeAll(async () => {
  mesh = await openMesh('crash')
  const [poster, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
  peers = { poster, worker }
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

async function post(): Promise<TaskView> {
  await until('the poster sees the worker', () => mesh.sees('poster', peers.worker.ready.agent))
  const asked = ['--prompt', 'Count to ten.', '--max-tokens', '96']
  const posted = await rippleJson<TaskView>(here, 'task', 'post', ...asked, ...mesh.at('poster'))
  expect(posted.task).toMatch(/^uhCkk/)
  return posted
}

/** The task once it is accepted, its receipt checked against the DHT. */
async function accepted(id: string): Promise<TaskView> {
  const done = await mesh.accepted('poster', id)
  const checked = ['verify', done.receipt ?? '', '--online', '--json', ...mesh.at('poster')]
  const online = await ripple(here, ...checked)
  expect(online.code).toBe(0)
  expect(JSON.parse(online.stdout).online).toEqual([])
  return done
}

test.each(['poster', 'worker'] as const)(
  'kill -9 of the %s after the post and a restart still end in one Close',
  async (victim) => {
    const { id } = await post()
    await peers[victim].end('SIGKILL')
    peers[victim] = await mesh.up(victim)
    await accepted(id)
  },
  WARM_MS,
)

/** Restarts a peer so that it dies at a failpoint in the life of the next task. */
async function arm(victim: Name, place: string): Promise<void> {
  await peers[victim].end('SIGINT')
  peers[victim] = await mesh.up(victim, place)
}

test.runIf(slow)(
  'a worker killed in mid-answer is noticed by its silence, and its task is still answered',
  async () => {
    await arm('worker', 'run.mid@3')
    const { agent } = peers.worker.ready
    const { id } = await post()
    await peers.worker.ended
    await until('its silence is noticed', async () => {
      return (await mesh.show('poster', id)).attempts[0]?.ended?.why === 'silent'
    })
    // Nobody else is there: the worker takes its task up again, or the poster has given it to itself by then.
    peers.worker = await mesh.up('worker')
    expect((await accepted(id)).attempts[0]).toMatchObject({ attempt: 1, worker: agent })
  },
  WARM_MS,
)

/** Reads one answer with the OpenAI client, piece by piece. */
async function readAnswer(): Promise<{
  id: string
  text: string
  finish: string | null
  receipt: string | null
}> {
  const { url, key_file } = peers.poster.ready.api
  const apiKey = (await readFile(key_file, 'utf8')).trim()
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: WARM_MS })
  const messages = [{ role: 'user' as const, content: 'Count from one to fifty, in words.' }]
  const asked = { model: DEFAULT_MODEL, messages, max_tokens: 96, temperature: 0, stream: true } as const
  const { data, response } = await client.chat.completions.create(asked).withResponse()
  const read = {
    id: response.headers.get('x-ripple-task') ?? '',
    text: '',
    finish: null as string | null,
    receipt: null as string | null,
  }
  for await (const chunk of data) {
    read.text += chunk.choices[0]?.delta.content ?? ''
    read.finish = chunk.choices[0]?.finish_reason ?? read.finish
    read.receipt = (chunk as { ripple?: { receipt: string | null } }).ripple?.receipt ?? read.receipt
  }
  return read
}

test(
  'an answer goes on after its worker died, and the receipt tells from where',
  async () => {
    // The poster would answer itself.
    await peers.poster.end('SIGINT')
    const [poster, second] = await Promise.all([
      mesh.upWithoutModels('poster'),
      mesh.up('second'),
      arm('worker', 'run.mid@40'),
    ])
    peers.poster = poster
    const { agent } = peers.worker.ready
    await until('the poster sees the second', () => mesh.sees('poster', second.ready.agent))
    // The first worker gets the task, because the second takes nothing yet.
    await rippleJson(here, 'drain', ...mesh.at('second'))
    await until('the poster knows that', () => mesh.sees('poster', second.ready.agent, 'draining'))
    await until('the poster sees the worker', () => mesh.sees('poster', agent))
    const reading = readAnswer()
    await peers.worker.ended
    await rippleJson(here, 'drain', '--off', ...mesh.at('second'))
    const { id, text, finish, receipt } = await reading
    const done = await accepted(id)
    expect([done.output?.text, done.receipt, finish]).toEqual([text, receipt, 'length'])
    expect(done.attempts.map(({ worker }) => worker)).toEqual([agent, second.ready.agent])
    const checked = await ripple(here, 'verify', done.receipt ?? '', '--replay', '--json')
    const { shown, output, replay } = JSON.parse(checked.stdout)
    const seam = shown.map(
      (line: string) => /^the first (\d+) bytes of the answer were there before attempt 2/.exec(line)?.[1],
    )
    const bytes = Number(seam.find((found: string | undefined) => found !== undefined))
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(Buffer.byteLength(output))
    expect(replay.same).toBe(true)
    // The next test has a worker in the one that is left.
    peers.worker = second
  },
  WARM_MS,
)

test.runIf(slow)(
  'a poster killed before it accepts accepts once when it is back',
  async () => {
    await arm('poster', 'accept.pre@1')
    const { id } = await post()
    await peers.poster.ended
    peers.poster = await mesh.up('poster')
    expect((await accepted(id)).attempts).toHaveLength(1)
  },
  WARM_MS,
)
