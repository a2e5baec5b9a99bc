import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { epochAt, epochBegin } from '../../host/config/epoch.ts'
import type { EpochView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { networkFile } from '../harness/network-file.ts'
import { here, type Running, ripple } from '../harness/peer.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** Epochs of a quarter of a minute, of which a chain takes little. */
const epoch = { length_ms: 15_000, kept: 1, max_action_seq: 60, archive_days: 1 }
const KEY = 'a-key-for-two-epochs'
/** The most time for a post to warm machines, in milliseconds; the work has the rest of an epoch's length. */
const POST_MS = 3_000

let mesh: Mesh
let poster: Running<Ready>

beforeAll(async () => {
  mesh = await openMesh('epochs')
  vi.stubEnv('RIPPLE_NETWORK_FILE', await networkFile(mesh.folder, epoch))
  const [first, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
  poster = first
  await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
  await warm()
}, WARM_MS)

afterAll(async () => {
  vi.unstubAllEnvs()
  expect(await mesh.end()).toEqual([])
}, 60_000)

/** Waits until a task of an epoch's length is done: the first ones have models to load and conductors that have yet to meet. */
async function warm(): Promise<void> {
  let tries = 0
  await until(
    'a first task is accepted',
    async () => {
      const { id } = await post(`a-key-that-warms-${tries++}`)
      await until('it is closed', async () => isClosed(await show(id)))
      return (await show(id)).state === 'accepted'
    },
    WARM_MS / 2,
  )
}

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
const isClosed = ({ state }: TaskView) => ['accepted', 'expired'].includes(state)
const epochs = async () => (await ask<{ epochs: EpochView[] }>('epoch/ls', {})).epochs
/** Waits until the cell of an epoch, or of a later one, is that of now: on a busy machine the one after it may have begun. */
const begun = (epoch: number) =>
  until('the epoch has begun', async () =>
    (await epochs()).some((one) => one.epoch >= epoch && one.state === 'now'),
  )

/** Waits until so many milliseconds before the next epoch begins, and gives its number. */
async function before(ms: number): Promise<number> {
  const now = Date.now()
  const next = epochAt(now + ms, epoch) + 1
  await sleep(epochBegin(next, epoch) - ms - now)
  return next
}

test('a task open at a roll is accepted, archived and forgotten, and its receipt holds', async () => {
  // Nobody takes it before the roll, however quick the machines are.
  for (const peer of ['poster', 'worker']) await mesh.call(peer, 'drain')
  const next = await before(POST_MS)
  const { task } = await post(KEY)
  await begun(next)
  for (const peer of ['poster', 'worker']) await mesh.call(peer, 'drain', { off: true })
  await until('the task is accepted', async () => (await show(KEY)).state === 'accepted')
  const live = await show(KEY)
  expect(epochAt(live.times.posted_at, epoch)).toBe(next - 1)
  expect(live.times.closed_at).toBeGreaterThan(epochBegin(next, epoch))
  expect(await post(KEY)).toMatchObject({ task, state: 'accepted' })

  await until('the epoch is archived', async () =>
    (await epochs()).some((one) => one.epoch === next - 1 && one.state === 'archived'),
  )
  const list = async (more: object) =>
    (await ask<{ tasks: TaskView[] }>('task/list', more)).tasks.filter(({ id }) => id === KEY)
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

test.runIf(slow)(
  'a full chain refuses posts in time, and every task on it comes to an end',
  async () => {
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
    for (const id of posted) await until('the task is closed', async () => isClosed(await show(id)))
    expect(await Promise.all(posted.map(state))).toContain('accepted')
    await begun(epochAt(Date.parse(refused?.facts.begins ?? ''), epoch))
    expect((await post('a-key-for-the-next-epoch')).error).toBeUndefined()
  },
  180_000,
)
