import { expect, test } from 'vitest'
import type { Dht } from '../../../host/dht/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { ActionHash, EntryOf, MeshEvent } from '../../../host/types/events.ts'
import { WriteQueue } from '../../../host/work/writes.ts'
import { Prng } from '../../harness/sim/random.ts'
import { grantEvent } from '../mesh/fixtures.ts'

const entry: EntryOf<'Grant'> = grantEvent(1, 'a').entry
const clock = { now: () => 0, sleep: async () => undefined }

/** A chain whose writes end as told: written and said, written and not said, not written. */
function chain(endings: Array<'written' | 'written_unsaid' | 'lost' | 'refused'>) {
  const events: MeshEvent[] = []
  const commit = async (one: EntryOf<'Grant'>): Promise<ActionHash> => {
    const ending = endings.shift() ?? 'written'
    if (ending === 'refused') throw new RippleError('RIPPLE_DHT_REFUSED', { detail: 'no' })
    const hash = `event ${events.length + 1}`
    if (ending !== 'lost')
      events.push({ hash, author: 'me', seq: events.length + 1, at: 0, entry: { ...one } })
    if (ending !== 'written') throw new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
    return hash
  }
  const dht = {
    commit,
    dnaHash: entry.dna_hash,
    dnaHashes: [entry.dna_hash],
    ownEvents: async (_dna: string, after: number) => events.filter((event) => event.seq > after),
  } as unknown as Dht
  const seen: string[] = []
  const forever = new AbortController().signal
  const queue = new WriteQueue(
    dht,
    clock,
    new Prng(1),
    forever,
    (event) => seen.push(event.hash),
    () => undefined,
  )
  return { events, queue, seen }
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

test('fifty writes at once stand in their order, each once', async () => {
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
