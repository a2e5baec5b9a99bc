import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecord } from '../../host/ensemble/query/record.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import type { SignedCard } from '../../host/types/score-card.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { baseModel, testModel } from '../harness/model.ts'
import { begin, here, type Running, ripple, rippleJson } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** The most time that vote and policy may take after the last member on a busy machine, in milliseconds. */
const KEEP_MS = 500

let mesh: Mesh
let poster: Running<Ready>
let worker: Running<Ready>
let set = ''
/** The files that each machine has: the base model votes on texts to be continued alone. */
let models: string[] = []

beforeAll(async () => {
  models = (await Promise.all([testModel(), baseModel()])).map(({ sha256 }) => sha256)
  mesh = await openMesh('ensemble')
  const peers = await Promise.all([mesh.up('poster'), mesh.up('worker')])
  poster = peers[0]
  worker = peers[1]
  await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
  // A member has 30 s, and a first answer takes longer than any other: a model is loaded, and conductors meet.
  for (const { ready } of peers) {
    const model = `peer:${ready.agent}/${DEFAULT_MODEL}`
    await rippleJson(here, 'ask', 'Hi', '--model', model, '--max-tokens', '4', ...mesh.at('poster'))
  }
  set = join(mesh.folder, 'sums.jsonl')
  const item = (at: number) => ({
    id: `sum-${at}`,
    task_type: 'reasoning',
    prompt: `1 + 1 = 2\n2 + 2 = 4\n${at} + ${at} =`,
    answers: [String(2 * at)],
    max_tokens: 4,
    stop: ['\n'],
    template: 'none',
  })
  await writeFile(set, [3, 4, 5].map((at) => JSON.stringify(item(at))).join('\n'))
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

const tasks = async (): Promise<readonly TaskView[]> =>
  (await mesh.call<{ tasks: TaskView[] }>('poster', 'task.list')).tasks

describe('an ensemble of a real mesh', () => {
  test('each member of an ensemble runs its own task, with a valid receipt and a record', async () => {
    const words = [
      'moe',
      'query',
      'Is water wet?',
      '--type',
      'general',
      '--no-consensus',
      '--max-tokens',
      '24',
    ]
    const { code, stdout } = await ripple(here, ...words, ...mesh.at('poster'))
    const folder = join(mesh.folder, 'poster', 'ensemble', 'records')
    const [name = ''] = await readdir(folder)
    const record = readRecord(await readFile(join(folder, name), 'utf8'))
    expect(record).toMatchObject({ cloud: 'off', degraded: false, decision: { allow: true } })
    expect([code, stdout]).toEqual([0, `${record?.response}\n`])
    const members = record?.members ?? []
    expect(members.map(({ outcome }) => outcome)).toEqual(Array(5).fill('answered'))
    expect(new Set(members.map(({ peer }) => peer))).toEqual(
      new Set([poster.ready.agent, worker.ready.agent]),
    )
    expect(new Set(members.map(({ task }) => task)).size).toBe(5)
    expect(record?.wall_ms).toBeLessThanOrEqual(
      1.15 * Math.max(...members.map(({ latency_ms }) => latency_ms)) + KEEP_MS,
    )
    for (const { receipt, peer } of members) {
      const checked = await ripple(here, 'verify', receipt ?? '', '--json')
      expect([checked.code, JSON.parse(checked.stdout).worker]).toEqual([0, peer])
    }
    const shown = await rippleJson<{ sha256: string }>(
      here,
      'moe',
      'show',
      record?.trace_id ?? '',
      ...mesh.at('poster'),
    )
    expect(shown.sha256).toBe(record?.sha256)
  })

  test('the OpenAI client asks an ensemble, and the same key asks it only once', async () => {
    const { url, key_file } = poster.ready.api
    const apiKey = (await readFile(key_file, 'utf8')).trim()
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
    const body = { model: 'ripple/moe', messages: [{ role: 'user' as const, content: 'Is water wet?' }] }
    const asked = { ...body, max_tokens: 24, temperature: 0.3, metadata: { task_type: 'general' } }
    const headers = { 'x-ripple-key': 'asked-twice-with-one-key' }
    const answer = async () => {
      const { choices, ripple: told } = (await client.chat.completions.create(asked, {
        headers,
      })) as OpenAI.ChatCompletion & { ripple: { receipts: string[]; ignored: string[] } }
      return [choices[0]?.message.content, told.receipts, told.ignored]
    }
    const before = (await tasks()).length
    const first = await answer()
    expect(first[1]).toHaveLength(5)
    expect(first[2]).toEqual(['temperature'])
    expect((await tasks()).length).toBe(before + 5)
    expect(await answer()).toEqual(first)
    expect((await tasks()).length).toBe(before + 5)
  })

  test('an interrupted `moe eval` goes on, and its score card verifies here and by the network', async () => {
    const words = ['moe', 'eval', '--set', set, '--members', '2', ...mesh.at('poster')]
    const first = begin(here, 'ripple', ...words)
    await first.until(({ stderr }) => (/1\/6 sum-3 ensemble/.test(stderr) ? true : null))
    first.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    const second = begin(here, 'ripple', ...words, '--json')
    const { code, stdout, stderr } = await second.ended
    expect([code, stderr]).toEqual([0, expect.stringMatching(/[1-5] of 6 steps were done before/)])
    const { card, signed, file } = JSON.parse(stdout) as SignedCard & { file: string }
    expect(card).toMatchObject({ agent: poster.ready.agent, set: { items: 3 }, mode: 'distinct_models' })
    const voted = card.scores.reasoning?.members.map(({ model_digest }) => model_digest) ?? []
    expect(voted.toSorted()).toEqual(models.toSorted())
    const checked = await rippleJson<{ public_key: string; online: { named: boolean } }>(
      here,
      ...['moe', 'card', 'verify', file, '--online', ...mesh.at('poster')],
    )
    expect(checked).toMatchObject({ public_key: signed.public_key, online: { named: true } })
    const before = (await tasks()).length
    const again = await rippleJson<SignedCard>(here, ...words)
    expect(again.card.overall).toEqual(card.overall)
    expect((await tasks()).length).toBe(before)
    const routes = await rippleJson<{ routes: { to: string }[] }>(here, 'moe', 'routes', ...mesh.at('poster'))
    expect(routes.routes.map(({ to }) => to)).toEqual(Array(8).fill('single'))
  })
})
