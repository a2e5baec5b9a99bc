import { expect, test, vi } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { RunRecord } from '../../../../host/mesh/state/held.ts'
import type { WorkerContext } from '../../../../host/work/context/context.ts'
import { settle } from '../../../../host/work/records/settle.ts'
import { forever } from '../../../harness/forever.ts'
import { cidOf } from '../../../harness/sim/artifacts.ts'
import { resultEvent } from '../../mesh/fixtures.ts'
import { pass, play, request, stage } from '../stage.ts'

const pinned = Uint8Array.of(1, 2, 3)
const key = new Uint8Array(32)

/** Lists the unpinned outputs of a settled grant, with the journal's remains of its run. */
async function unpinned(
  run: Partial<RunRecord> | null,
  result: ReturnType<typeof resultEvent> | null = resultEvent(1, 'self'),
): Promise<string[]> {
  const gone: string[] = []
  const held = { task: 'task', attempt: 1, result, run, ended: null }
  const hands = {
    state: () => ({ held: new Map([['claim', held]]) }),
    runs: new Map(),
    needs: {
      artifacts: { unpin: async (cid: string) => void gone.push(cid) },
      journal: { delete: async () => {} },
    },
    dispatch: () => {},
  }
  const action = {
    type: 'settle',
    grant: 'claim',
    why: 'stale',
    owner: 'claim',
    verb: 'settle',
    tries: 1,
  } as const
  await settle(action, hands as unknown as WorkerContext)
  return gone
}

test('an output that nobody wants is unpinned', async () => {
  expect(await unpinned({ failed: null, pinned, key })).toEqual(['cid'])
})

test('a sealed output without a result is unpinned, and a public one stays', async () => {
  expect(await unpinned({ failed: null, pinned, key }, null)).toEqual([cidOf(pinned)])
  expect(await unpinned({ failed: null, pinned, key: null }, null)).toEqual([])
})

test('an output pinned for an unwritable result is unpinned with its grant', async () => {
  const world = stage(2)
  const [poster, worker] = world.daemons
  if (!poster || !worker) throw new RangeError('too few machines')
  const { dht, artifacts } = worker.machine
  const { commit } = dht
  const pinnedAtWrite: number[] = []
  vi.spyOn(dht, 'commit').mockImplementation(async (entry, signal) => {
    if (entry.type !== 'Result') return commit.call(dht, entry, signal)
    pinnedAtWrite.push((await artifacts.ls(forever)).length)
    throw new RippleError('RIPPLE_DISK_FULL', { path: 'conductor' })
  })
  const work = await play(world, poster.up())
  const { task } = await play(world, work.post(request({ max_attempts: 1 }), forever))
  expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'failed' })
  await pass(world, 60_000)
  expect(pinnedAtWrite).toEqual([1])
  expect(worker.work?.heldGrants()).toBe(0)
  expect(await artifacts.ls(forever)).toEqual([])
})

test('an output of an earlier run stays pinned, because it may be accepted', async () => {
  expect(await unpinned(null)).toEqual([])
})
