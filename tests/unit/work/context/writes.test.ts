import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { Dht } from '../../../../host/dht/port.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import type { EntryOf, MeshEvent } from '../../../../host/types/events.ts'
import { WriteQueue } from '../../../../host/work/context/writes.ts'
import type { MeshEntry } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { forever } from '../../../harness/forever.ts'
import { Prng } from '../../../harness/sim/random.ts'
import { grantEvent } from '../../mesh/fixtures.ts'

const entry: EntryOf<'Grant'> = grantEvent(1, 'a').entry
const close: EntryOf<'Close'> = {
  type: 'Close',
  dna_hash: entry.dna_hash,
  task: entry.task,
  prev: entry.task,
  outcome: 'cancelled',
  result: null,
  superseded: [],
  checks: ['none'],
}
/** Time passes at once, but for what a write may take, where one is patient. */
const clockOf = (patient: boolean) => ({
  now: () => 0,
  sleep: async (ms: number, signal: AbortSignal) => {
    if (patient && ms === limits.write_patience_ms) await once(signal, 'abort')
  },
})

type Ending = 'written' | 'written_unsaid' | 'late' | 'lost' | 'refused' | 'down' | 'slow' | 'slow_unsaid'

const down = new RippleError('RIPPLE_CONDUCTOR_DOWN')

/**
 * A chain whose writes end as told: written and said, written and not said, written with the next one, not written; `down`
 * is one that was never sent, `slow` is written when the gate opens, and of `slow_unsaid` it is only said then.
 */
function chain(endings: Ending[], gate: Promise<unknown> = Promise.resolve(), patient = true) {
  const events: MeshEvent[] = []
  const reads: number[] = []
  const late: MeshEntry[] = []
  let actions = 0
  /** Writes an event, with the link that it brings. */
  const append = (one: MeshEntry): MeshEvent => {
    const event = {
      hash: `event ${events.length + 1}`,
      author: 'me',
      seq: actions + 1,
      at: 0,
      entry: { ...one },
    }
    events.push(event)
    actions += one.type === 'Close' ? 2 : 1
    return event
  }
  const commit = async (one: MeshEntry): Promise<MeshEvent> => {
    const ending = endings.shift() ?? 'written'
    if (ending === 'refused') throw new RippleError('RIPPLE_DHT_REFUSED', { detail: 'no' })
    if (ending === 'down') throw down
    if (ending === 'slow') await gate
    for (const before of late.splice(0)) append(before)
    if (ending === 'late') late.push(one)
    const event = ending === 'lost' || ending === 'late' ? null : append(one)
    if (ending === 'slow_unsaid') await gate
    if (ending !== 'written_unsaid' && event) return event
    throw new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
  }
  const dht = {
    commit,
    dnaHash: entry.dna_hash,
    dnaHashes: [entry.dna_hash],
    ownEvents: async (_dna: string, after: number) => {
      reads.push(after)
      return events.filter((event) => event.seq > after)
    },
  } as unknown as Dht
  const seen: string[] = []
  const queue = new WriteQueue(
    dht,
    clockOf(patient),
    new Prng(1),
    forever,
    (event) => seen.push(event.hash),
    () => undefined,
    async () => new Map(),
  )
  /** Writes an action that is no event. */
  const skip = () => {
    actions += 1
  }
  return { events, queue, seen, reads, append, skip }
}

test('a write whose answer was lost is not written again', async () => {
  const { queue, events } = chain(['written_unsaid'])
  expect((await queue.commit(entry)).hash).toBe('event 1')
  expect(events.length).toBe(1)
})

test('a write that did not happen is tried again', async () => {
  const { queue, events } = chain(['lost', 'lost'])
  expect((await queue.commit(entry)).hash).toBe('event 1')
  expect(events.length).toBe(1)
})

test('a refused write is not tried again, and the next one has its turn', async () => {
  const { queue, seen } = chain(['refused'])
  const [first, second] = await Promise.allSettled([queue.commit(entry), queue.commit(entry)])
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'RIPPLE_DHT_REFUSED' } })
  expect(second).toMatchObject({ status: 'fulfilled' })
  expect(seen).toEqual(['event 1'])
})

test('fifty simultaneous writes stand in their order, each once', async () => {
  const { queue, seen, events } = chain(
    Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 'lost' : 'written_unsaid')),
  )
  const attempts = Array.from({ length: 50 }, (_, i) => ({ ...entry, attempt: i + 1 }))
  await Promise.all(attempts.map((one) => queue.commit(one)))
  expect(events.map(({ entry: written }) => ('attempt' in written ? written.attempt : 0))).toEqual(
    attempts.map((one) => one.attempt),
  )
  expect(seen.length).toBe(50)
})

test('a write after a known head costs no further read', async () => {
  const { queue, seen, reads } = chain([])
  await queue.commit(entry)
  expect(reads).toEqual([0])
  await queue.commit(close)
  await queue.commit(entry)
  await queue.commit(entry)
  expect(reads).toEqual([0])
  expect(seen).toEqual(['event 1', 'event 2', 'event 3', 'event 4'])
})

test('the chain is read once after an action that is not an event', async () => {
  const { queue, seen, reads, skip } = chain([])
  await queue.commit(entry)
  skip()
  await queue.commit(entry)
  await queue.commit(entry)
  expect(reads).toEqual([0, 1])
  expect(seen).toEqual(['event 1', 'event 2', 'event 3'])
})

test('an abandoned write that landed late is reported before the next one', async () => {
  const { queue, seen, reads, append } = chain([])
  await queue.commit(entry)
  append({ ...entry, attempt: 7 })
  expect((await queue.commit(entry)).hash).toBe('event 3')
  expect(seen).toEqual(['event 1', 'event 2', 'event 3'])
  expect(reads).toEqual([0, 1])
})

test('an earlier try that landed late counts, though a later try was answered', async () => {
  const { queue, seen, events } = chain(['written', 'late', 'written'])
  await queue.commit(entry)
  const wish = { ...entry, attempt: 7 }
  expect(await queue.commit(wish)).toMatchObject({ hash: 'event 2', entry: wish })
  expect(events.map(({ hash }) => hash)).toEqual(['event 1', 'event 2', 'event 3'])
  expect(seen).toEqual(['event 1', 'event 2', 'event 3'])
})

test('a write that landed late behind another is reported in order with the next', async () => {
  const { queue, seen, append } = chain([])
  await queue.commit(entry)
  await queue.commit(entry)
  append({ ...entry, attempt: 7 })
  await queue.readOwn()
  await queue.commit(entry)
  expect(seen).toEqual(['event 1', 'event 2', 'event 3', 'event 4'])
})

test('a lost answer is found by reading, and no event is reported twice', async () => {
  const { queue, seen, reads } = chain(['written', 'written_unsaid', 'written'])
  await queue.commit(entry)
  expect((await queue.commit(close)).hash).toBe('event 2')
  expect((await queue.commit(entry)).hash).toBe('event 3')
  await queue.readOwn()
  expect(seen).toEqual(['event 1', 'event 2', 'event 3'])
  // The first write, the lost one, and the reading at the end: the write after the lost one followed on it.
  expect(reads.slice(0, 2)).toEqual([0, 1])
})

test('an insisted write waits until the conductor is back', async () => {
  const { queue, events } = chain(['down', 'down'])
  expect((await queue.commit(entry)).hash).toBe('event 1')
  expect(events).toHaveLength(1)
})

test('an unsent write is given up when the conductor goes, and a sent one looked up', async () => {
  const lost = new AbortController()
  const unsent = chain(['down'])
  await expect(unsent.queue.commit(entry, lost.signal)).rejects.toBe(down)
  expect(unsent.events).toEqual([])
  const written = chain(['written_unsaid'])
  expect((await written.queue.commit(entry, lost.signal)).hash).toBe('event 1')
  const again = chain(['lost', 'down', 'down'])
  expect((await again.queue.commit(entry, lost.signal)).hash).toBe('event 1')
  expect([written.events.length, again.events.length]).toEqual([1, 1])
})

test('a queued write is refused at once when the conductor goes, and none overtakes', async () => {
  const lost = new AbortController()
  const { queue, events } = chain(['lost', 'lost', 'lost'])
  const ended: string[] = []
  const first = queue.commit(entry).finally(() => ended.push('first'))
  const waiting = queue.commit({ ...entry, attempt: 7 }, lost.signal)
  const last = queue.commit({ ...entry, attempt: 8 })
  lost.abort(down)
  await expect(waiting.finally(() => ended.push('waiting'))).rejects.toBe(down)
  await Promise.all([first, last])
  expect(ended).toEqual(['waiting', 'first'])
  expect(events.map((event) => event.entry)).toEqual([entry, { ...entry, attempt: 8 }])
  await expect(queue.commit(entry, lost.signal)).rejects.toBe(down)
})

test('a slow write is passed by the next, and both are reported in chain order', async () => {
  for (const slow of ['slow', 'slow_unsaid'] as const) {
    const gate = Promise.withResolvers<void>()
    const { queue, events, seen } = chain([slow], gate.promise, false)
    const long = queue.commit({ ...entry, attempt: 7 })
    const quick = await queue.commit(entry)
    gate.resolve()
    expect([await long, quick].map((event) => event.entry)).toEqual([{ ...entry, attempt: 7 }, entry])
    expect(events).toHaveLength(2)
    expect(seen).toEqual(['event 1', 'event 2'])
  }
})
