import { describe, expect, test } from 'vitest'
import { presenterOf } from '../../../../host/cli/present/index.ts'
import type { PlanView, Wish } from '../../../../host/operations/context.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'
import { peerRow } from './peer-row.ts'

const never = new AbortController().signal
const plan: PlanView = { first: ['uhCAka'], peers: [peerRow], missing: [] }
const asking = async (answer: PlanView, input: object = {}) => {
  const wishes: Wish[] = []
  const tasks = {
    ...stubContext({}).tasks,
    plan: (wish: Wish) => {
      wishes.push(wish)
      return answer
    },
  }
  const output = await call('task.plan', stubContext({ tasks }), input, never)
  return {
    wish: wishes[0],
    text: render('task.plan', output).lines.join('\n'),
    exit: presenterOf('task.plan').exit(output),
  }
}

describe('task plan', () => {
  test('`task plan` asks for nothing by default and names each wish once', async () => {
    expect((await asking(plan)).wish).toEqual({
      model: null,
      placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
      requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    })
    const { wish } = await asking(plan, { gpus: 2, tags: ['x', 'x'], prefer: 'nearest' })
    expect(wish).toMatchObject({
      placement: { prefer: 'nearest' },
      requirements: { gpu_count: 2, tags: ['x'] },
    })
  })

  test('`task plan` says who is asked first, also among equals', async () => {
    expect((await asking(plan)).text).toContain('it would be offered to a first')
    const two = {
      ...plan,
      first: ['uhCAka', 'uhCAkb'],
      peers: [peerRow, { ...peerRow, peer: 'uhCAkb', name: 'b' }],
    }
    expect((await asking(two)).text).toContain('one of a, b first')
  })

  test('`task plan` tells waiting from never', async () => {
    const waits = await asking({
      ...plan,
      first: [],
      peers: [{ ...peerRow, rank: null, codes: ['offline'] }],
    })
    expect([waits.exit, waits.text]).toEqual([0, expect.stringContaining('nobody can run it now')])
    const busy = await asking({ ...plan, first: [], peers: [{ ...peerRow, busy_until: Date.UTC(2030, 0) }] })
    expect([busy.exit, busy.text]).toEqual([
      0,
      expect.stringContaining('not asked before 2030-01-01T00:00:00Z'),
    ])
    expect(busy.text).toContain('all who can run it are busy')
    const missing = [{ code: 'gpu_short', needs: '2 GPUs', peers: 1, nearest: { name: 'a', has: '1 GPUs' } }]
    const never = await asking({ ...plan, first: [], missing })
    expect([never.exit, never.text]).toEqual([4, expect.stringContaining('1 of them lack 2 GPUs')])
  })
})
