import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { epochAt, epochBegin } from '../../host/config/epoch.ts'
import type { EpochView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { networkFile } from '../harness/network-file.ts'
import { here, type Running, ripple, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Epochs of a quarter of a minute, of which a chain takes little. */
const epoch = { length_ms: 15_000, kept: 1, max_action_seq: 60, archive_days: 1 }
const KEY = 'a-key-for-two-epochs'

let folder: string
let stack: AsyncDisposableStack
let poster: Running<Ready>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-epochs-'))
  stack = new AsyncDisposableStack()
  process.env.RIPPLE_NETWORK_FILE = await networkFile(folder, epoch)
  const server = stack.use(
    await running<{ url: string }>(here, 'bootstrap', '--data', join(folder, 'server')),
  )
  const up = async (name: string) => {
    const words = ['--data', await warmData(folder, name), '--name', name, '--port', '0']
    return stack.use(await running<Ready>(here, 'up', ...words, '--bootstrap', server.ready.url))
  }
  const [first, worker] = await Promise.all([up('poster'), up('worker')])
  poster = first
  await until('the poster sees the worker', async () => {
    const { peers } = await ask<{ peers: { agent: string; state: string }[] }>('peers', {})
    return peers.some(({ agent, state }) => agent === worker.ready.agent && state === 'online')
  })
}, WARM_MS)

afterAll(async () => {
  await stack?.disposeAsync()
  Reflect.deleteProperty(process.env, 'RIPPLE_NETWORK_FILE')
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
}, 60_000)

/** One request to the poster's API. */
async function ask<T>(route: string, input: object): Promise<T> {
  const { url, token_file } = poster.ready.api
  const authorization = `Bearer ${(await readFile(token_file, 'utf8')).trim()}`
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/${route}`, { method: 'POST', headers, body: JSON.stringify(input) })
  return (await answer.json()) as T
}

const post = (key: string, more: object = {}) =>
  ask<TaskView & { error?: { code: string; facts: { begins: string } } }>('task/post', {
    key,
    prompt: 'Say yes.',
    max_tokens: 4,
    timeout_ms: epoch.length_ms,
    ...more,
  })
const show = (id: string) => ask<TaskView>('task/show', { id })
const epochs = async () => (await ask<{ epochs: EpochView[] }>('epoch/ls', {})).epochs

/** Waits until so many milliseconds before the next epoch begins, and gives its number. */
async function before(ms: number): Promise<number> {
  const now = Date.now()
  const next = epochAt(now + ms, epoch) + 1
  await sleep(epochBegin(next, epoch) - ms - now)
  return next
}

test('a task that is open at a roll is accepted, archived and forgotten, and its receipt holds', async () => {
  const next = await before(400)
  const { task } = await post(KEY)
  await until('the task is accepted', async () => (await show(KEY)).state === 'accepted')
  const live = await show(KEY)
  expect(epochAt(live.times.posted_at, epoch)).toBe(next - 1)
  expect(live.times.closed_at).toBeGreaterThan(epochBegin(next, epoch))
  // On a busy machine the one after it may have begun meanwhile.
  await until('the next epoch has begun', async () =>
    (await epochs()).some((one) => one.epoch >= next && one.state === 'now'),
  )
  expect(await post(KEY)).toMatchObject({ task, state: 'accepted' })

  await until('the epoch is archived', async () =>
    (await epochs()).some((one) => one.epoch === next - 1 && one.state === 'archived'),
  )
  const list = async (more: object) => (await ask<{ tasks: TaskView[] }>('task/list', more)).tasks
  expect(await list({ past: 0 })).toEqual([])
  expect(await list({})).toMatchObject([{ id: KEY, task, state: 'accepted', output: { text: null } }])
  const past = await show(KEY)
  for (const id of [KEY.slice(0, 8), task.slice(0, 16)]) expect(await show(id)).toMatchObject({ task })
  // The receipt is written just after the task is accepted.
  expect({ ...past, held_by: null, receipt: null }).toEqual({ ...live, held_by: null, receipt: null })
  expect(await show(task)).toMatchObject({ id: KEY })
  expect(await post(KEY)).toMatchObject({ task })
  expect(await post(KEY, { seed: 2 })).toMatchObject({ error: { code: 'RIPPLE_TASK_CONFLICT' } })
  const verified = await ripple(here, 'verify', past.receipt ?? '', '--json')
  expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true, task, output: live.output?.text })
}, 180_000)

test('a chain that takes no more says so in time, and every task on it is brought to an end', async () => {
  // At the beginning of an epoch, so that all posts are of one.
  await before(-500)
  const posted: string[] = []
  let refused: Awaited<ReturnType<typeof post>>['error']
  for (let i = 0; refused === undefined && i < 20; i++) {
    const answer = await post(`a-key-for-a-full-chain-${i}`, { attempts: 16 })
    refused = answer.error
    if (refused === undefined) posted.push(answer.id)
  }
  expect(refused).toMatchObject({ code: 'RIPPLE_CHAIN_FULL' })
  expect(posted.length).toBeGreaterThan(0)
  const state = async (id: string) => (await show(id)).state
  for (const id of posted)
    await until('the task is closed', async () => ['accepted', 'expired'].includes(await state(id)))
  expect(await Promise.all(posted.map(state))).toContain('accepted')
  await until('the next epoch has begun', async () => Date.now() > Date.parse(refused?.facts.begins ?? ''))
  expect((await post('a-key-for-the-next-epoch')).error).toBeUndefined()
}, 180_000)
