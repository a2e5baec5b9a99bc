import { describe, expect, test } from 'vitest'
import { EpochDht, type OpenEpoch } from '../../../../host/dht/epochs/epoch-dht.ts'
import type { Dht } from '../../../../host/dht/port.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { openRules } from '../../../../host/rules/rules.ts'
import type { EntryOf } from '../../../../host/types/events.ts'
import { MemoryNetwork } from '../../../harness/doubles/memory-dht.ts'
import { actionHashOf, dnaHashOf, identityOf } from '../../../harness/sim/identity.ts'
import { taskEvent } from '../../mesh/fixtures.ts'

const rules = await openRules()
const signal = new AbortController().signal
const { agent, sign } = identityOf('peer')
const clock = { now: () => 0, sleep: async () => undefined, after: () => () => undefined }

function cell(epoch: number): OpenEpoch {
  const network = new MemoryNetwork({
    dnaHash: dnaHashOf(`epoch ${epoch}`),
    maxActionSeq: 100,
    rules,
    clock,
    root: actionHashOf('root'),
    writeMs: () => 0,
    arrivalMs: () => 0,
  })
  return { epoch, dht: network.join(agent, sign) }
}

function task(dna_hash: string, id: string): EntryOf<'Task'> {
  return { ...taskEvent().entry, dna_hash, id }
}

/** The epochs 4 and 5, and the time. */
function stage(change: (dht: Dht) => Dht = (dht) => dht) {
  const now = { epoch: 4 }
  const cells = [4, 5].map(cell).map(({ epoch, dht }) => ({ epoch, dht: change(dht) }))
  const [old, next] = cells.map(({ dht }) => dht) as [Dht, Dht]
  return { now, cells, old, next, both: new EpochDht({ agent, open: () => cells, now: () => now.epoch }) }
}

describe('the epochs of one network', () => {
  test('new tasks go to the current epoch, and later events to their own', async () => {
    const { both, now, old, next } = stage()
    expect([both.dnaHash, both.dnaHashes]).toEqual([old.dnaHash, [old.dnaHash, next.dnaHash]])
    const { hash: first } = await both.commit(task(both.dnaHash, 'epoch-dht-task-1'), signal)
    now.epoch = 5
    expect(both.dnaHash).toBe(next.dnaHash)
    const { hash: second } = await both.commit(task(both.dnaHash, 'epoch-dht-task-2'), signal)
    const { hash: late } = await both.commit(task(old.dnaHash, 'epoch-dht-task-3'), signal)
    expect((await old.ownEvents(old.dnaHash, 0, signal)).map(({ hash }) => hash)).toEqual([first, late])
    expect((await next.ownEvents(next.dnaHash, 0, signal)).map(({ hash }) => hash)).toEqual([second])
  })

  test('an event of any epoch is read by its hash alone', async () => {
    const { both, old, next, cells } = stage()
    const { hash } = await next.commit(task(next.dnaHash, 'epoch-dht-task-1'), signal)
    const other = new EpochDht({ agent, open: () => cells, now: () => 4 })
    for (const dht of [both, other]) {
      expect(await dht.get(hash, signal)).toMatchObject({ hash })
      expect(await dht.signed(hash, signal)).not.toBeNull()
    }
    expect(await both.get(actionHashOf('nothing'), signal)).toBeNull()
    expect(await both.ownEvents(old.dnaHash, 0, signal)).toEqual([])
  })

  test('the newest earlier open epoch is used, or the oldest if the clock went back', () => {
    const { both, now, old, next } = stage()
    now.epoch = 9
    expect(both.dnaHash).toBe(next.dnaHash)
    now.epoch = 1
    expect(both.dnaHash).toBe(old.dnaHash)
  })

  test('an entry of a left epoch is refused', async () => {
    const { both } = stage()
    const gone = both.commit(task(dnaHashOf('epoch 3'), 'epoch-dht-task-1'), signal)
    await expect(gone).rejects.toMatchObject({ code: 'RIPPLE_DHT_REFUSED' })
    expect(await both.ownEvents(dnaHashOf('epoch 3'), 0, signal)).toEqual([])
  })

  test('an event counts as absent only if every epoch answers', async () => {
    const down = new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
    const { both, cells } = stage()
    const { hash } = await both.commit(task(both.dnaHash, 'epoch-dht-task-1'), signal)
    const open = () =>
      cells.map(({ epoch, dht }) =>
        epoch === 5 ? { epoch, dht: { ...dht, get: () => Promise.reject(down) } } : { epoch, dht },
      )
    const partly = new EpochDht({ agent, open, now: () => 4 })
    expect(await partly.get(hash, signal)).toMatchObject({ hash })
    await expect(partly.get(actionHashOf('nothing'), signal)).rejects.toThrow(down)
  })
})
