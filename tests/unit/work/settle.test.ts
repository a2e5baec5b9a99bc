import { expect, test } from 'vitest'
import type { RunRecord } from '../../../host/mesh/held.ts'
import type { Hands } from '../../../host/work/hands.ts'
import { settle } from '../../../host/work/settle.ts'
import { resultEvent } from '../mesh/fixtures.ts'

/** What is unpinned when a grant is settled that has a Result, with what the journal still holds of its run. */
async function unpinned(run: Partial<RunRecord> | null): Promise<string[]> {
  const gone: string[] = []
  const held = { task: 'task', attempt: 1, result: resultEvent(1, 'self'), run, ended: null }
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
  await settle(action, hands as unknown as Hands)
  return gone
}

test('an output that nobody wants is let go of', async () => {
  expect(await unpinned({ failed: null })).toEqual(['cid'])
})

test('an output of an earlier run, which its poster may have accepted, stays pinned', async () => {
  expect(await unpinned(null)).toEqual([])
})
