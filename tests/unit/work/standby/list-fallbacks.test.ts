import { expect, test } from 'vitest'
import type { Dht } from '../../../../host/dht/port.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import { applyStandby } from '../../../../host/mesh/standby/apply-standby.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import { emptyState } from '../../../../host/mesh/state/state.ts'
import type { EventOf } from '../../../../host/types/events.ts'
import { defaultWorkConfig } from '../../../../host/work/context/config.ts'
import type { StandInContext } from '../../../../host/work/context/context.ts'
import { FallbackLists } from '../../../../host/work/context/fallback-lists.ts'
import { listFallbacks } from '../../../../host/work/standby/list-fallbacks.ts'
import { BUCKET_MS } from '../../../../zomes-bindings/generated/limits.ts'
import type { FallbackAllow } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { taskEvent } from '../../mesh/fixtures.ts'

const newest = 200
const now = newest * BUCKET_MS + 1

/** A task of somebody else in the bucket of now. */
function spare(author: string, number: number, who: 'any' | 'nobody' = 'any'): EventOf<'Task'> {
  const allow: FallbackAllow = who === 'any' ? { type: 'any' } : { type: 'agents', agents: [] }
  const payload = { type: 'clear', salt: '', text: '' } as const
  const hash = `${author} ${String(number).padStart(5, '0')}`
  return {
    ...taskEvent({ fallback: { after_ms: 1_000, allow, payload }, created_at: now }, hash),
    author,
    at: number,
  }
}

/** Lists of one DNA by bucket, which may fail; and the work that reads them. */
function stage(lists: Record<number, EventOf<'Task'>[]>) {
  const broken = new Set<number | string>()
  const [fetched, asked] = [[] as string[], [] as number[]]
  const down = new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
  const dht: Partial<Dht> = {
    agent: 'me',
    dnaHashes: ['dna'],
    fallbackTasks: async (_dna, { bucket, after, most }) => {
      asked.push(bucket)
      if (broken.has(bucket)) throw down
      const all = (lists[bucket] ?? []).map(({ hash, author, at }) => ({ task: hash, author, at }))
      const from = after ? all.findIndex(({ task }) => task === after.task) + 1 : 0
      return all.slice(from, from + most)
    },
    get: async (hash) => {
      if (broken.has(hash)) throw down
      fetched.push(hash)
      return (
        Object.values(lists)
          .flat()
          .find((event) => event.hash === hash) ?? null
      )
    },
  }
  let state = emptyState('me', defaultWorkConfig)
  const hands = {
    needs: { dht, clock: { now: () => now } },
    lists: new FallbackLists(),
    signal: new AbortController().signal,
    state: () => state,
    dispatch: (input: MeshInput) => {
      state = applyStandby(state, input)
    },
  } as unknown as StandInContext
  /** Lists once; gives the tasks that were fetched for it. */
  const list = async (): Promise<string[]> => {
    fetched.length = 0
    asked.length = 0
    await listFallbacks(hands)
    return [...fetched]
  }
  return { broken, asked, list, known: () => [...state.standbys.keys()] }
}

const flood = (count: number, who: 'any' | 'nobody' = 'any') =>
  Array.from({ length: count }, (_, number) => spare('flooder', number, who))
const { standby_fetches_each_max: each, standby_fetches_max: all, standby_page: page } = limits

test('a task is fetched once, however often it is listed', async () => {
  const { list, known } = stage({ [newest]: [spare('ann', 1), spare('me', 2)] })
  expect(await list()).toEqual(['ann 00001'])
  expect(known()).toEqual(['ann 00001'])
  expect(await list()).toEqual([])
})

test('a task for other agents is fetched once', async () => {
  const { list, known } = stage({ [newest]: [spare('ann', 1, 'nobody')] })
  expect(await list()).toHaveLength(1)
  expect(await list()).toEqual([])
  expect(known()).toEqual([])
})

test('a flood by one author is fetched in parts and hides no other task', async () => {
  const { list, known } = stage({ [newest]: [...flood(2_500), spare('ann', 9_999)] })
  const first = await list()
  expect(first).toHaveLength(each + 1)
  expect(known()).toContain('ann 09999')
  for (let again = 0; again < 20; again++) expect((await list()).length).toBeLessThanOrEqual(each)
  expect(known().length).toBe(256 + 1)
  expect(await list()).toEqual([])
})

test('a listing fetches a bounded number of tasks, and the next one goes on', async () => {
  const authors = Array.from({ length: 2 * all }, (_, number) => spare(`author ${number}`, number))
  const { list, known } = stage({ [newest]: authors })
  expect(await list()).toHaveLength(all)
  expect(await list()).toHaveLength(all)
  expect(known()).toHaveLength(2 * all)
})

test('a list too long for one listing is continued in the next', async () => {
  const long = limits.standby_pages_max * page
  const { list, asked, known } = stage({ [newest]: [...flood(long + 10, 'nobody'), spare('ann', 99_999)] })
  await list()
  expect(asked.filter((bucket) => bucket === newest)).toHaveLength(limits.standby_pages_max)
  expect(known()).toEqual([])
  await list()
  expect(known()).toEqual(['ann 99999'])
})

test('a bucket that fails stops no other and is listed again', async () => {
  const old = newest - 50
  const { broken, list, asked, known } = stage({ [old]: [spare('ann', 1)], [newest]: [spare('bob', 2)] })
  broken.add(old)
  await expect(list()).rejects.toMatchObject({ code: 'RIPPLE_DHT_UNAVAILABLE' })
  expect(known()).toEqual(['bob 00002'])
  broken.clear()
  await list()
  expect(asked[0]).toBe(old)
  expect(known()).toEqual(['bob 00002', 'ann 00001'])
  await list()
  expect(asked[0]).toBe(newest - 1)
})

test('a task that cannot be fetched stops no other and is tried again', async () => {
  const { broken, list, known } = stage({ [newest]: [spare('ann', 1), spare('bob', 2)] })
  broken.add('ann 00001')
  await expect(list()).rejects.toMatchObject({ code: 'RIPPLE_DHT_UNAVAILABLE' })
  expect(known()).toEqual(['bob 00002'])
  broken.clear()
  expect(await list()).toEqual(['ann 00001'])
})

test('a DHT that does not answer is not asked for every bucket', async () => {
  const { broken, list, asked } = stage({})
  for (let bucket = 0; bucket <= newest + 1; bucket++) broken.add(bucket)
  await expect(list()).rejects.toMatchObject({ code: 'RIPPLE_DHT_UNAVAILABLE' })
  expect(asked).toHaveLength(limits.standby_failures_max)
})
