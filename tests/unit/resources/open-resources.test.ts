/** Tests allocations between machines in memory. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { resourceLimits } from '../../../host/limits/resources.ts'
import type { MessageHandler } from '../../../host/net/port.ts'
import { openResources } from '../../../host/resources/open-resources.ts'
import type { AllocationWish } from '../../../host/resources/port.ts'
import type { Taken, Wanted } from '../../../host/types/allocation.ts'
import type { Decision } from '../../../host/types/decision.ts'
import type { Message } from '../../../host/types/message.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { owner as principal } from '../../../host/types/principal.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'
import { cardOf } from '../../harness/sim/card.ts'
import { type Entries, memoryLedger } from './memory-ledger.ts'

const signal = new AbortController().signal
let now = 1_800_000_000_000
let alarms: { at: number; ring: () => void }[] = []
const clock = {
  now: () => now,
  after: (ms: number, ring: () => void) => {
    const alarm = { at: now + ms, ring }
    alarms.push(alarm)
    return () => {
      alarms = alarms.filter((one) => one !== alarm)
    }
  },
}

/** Lets time pass and rings the alarms that are due. */
async function pass(ms: number): Promise<void> {
  now += ms
  const due = alarms.filter(({ at }) => at <= now)
  alarms = alarms.filter(({ at }) => at > now)
  for (const { ring } of due) ring()
  await new Promise((resolve) => setImmediate(resolve))
}

let entries: Entries
let handlers: Map<string, MessageHandler[]>
let peers: Peer[]
let unwilling: Map<string, string>
let refusing: Set<string>
let cut: Set<string>

beforeEach(() => {
  entries = { offers: [], allocations: [] }
  handlers = new Map()
  peers = []
  unwilling = new Map()
  refusing = new Set()
  cut = new Set()
  alarms = []
})

async function machine(self: string, journal = new MemoryJournal()) {
  if (!peers.some(({ agent }) => agent === self))
    peers.push({ agent: self, card: cardOf(self, { name: `${self}'s` }), presence: null, seenAt: now })
  const events: string[] = []
  let taken: ReadonlyMap<string, readonly Taken[]> = new Map()
  const resources = await openResources({
    self,
    ledger: memoryLedger(self, entries),
    journal,
    clock,
    endpoint: `/p2p/${self}`,
    offers: true,
    emit: ({ type }) => void events.push(type),
    gate: {
      decide: async () => ({ allow: !refusing.has(self), rule: 'allocate.holder_denied' }) as Decision,
    },
    messages: {
      send: async (to: string, message: Message) => {
        if (cut.has(to)) throw new DOMException('no answer', 'TimeoutError')
        for (const handler of handlers.get(to) ?? []) handler(self, message, 'stream')
      },
      onMessage: (handler: MessageHandler) => {
        handlers.set(self, [...(handlers.get(self) ?? []), handler])
        return () => void handlers.delete(self)
      },
    },
    peers: () => peers.map((one) => ({ ...one, seenAt: now })),
    unwilling: () => unwilling.get(self) ?? null,
    taken: (allocated) => {
      taken = allocated
    },
  })
  return { resources, events, taken: () => taken, journal }
}

const none: Wanted = {
  ...{ cpu_cores: 0, memory_gb: 0, gpu: false, gpu_vram_gb: 0, storage_gb: 0 },
  ...{ model_name: null, vector_dimensions: 0 },
}

function wish(cpu_cores: number, changes: Partial<AllocationWish> = {}): AllocationWish {
  return {
    ...{ resource_type: 'compute', requirements: { ...none, cpu_cores }, locality_preference: 'any' },
    ...{ duration_s: 60, allocation_id: null, node: null, principal },
    ...changes,
  }
}

/** Two machines, of which `a` has written its offer. */
async function pair() {
  const [a, b] = [await machine('a'), await machine('b')]
  const { id } = await a.resources.allocate(wish(1, { node: 'a' }), signal)
  await a.resources.release(id, signal)
  return { a, b }
}

const freeOf = async ({ resources }: Awaited<ReturnType<typeof machine>>, node: string) =>
  (await resources.query(signal)).offers.find((one) => one.node === node)?.free.cpu_cores

describe('the life of an allocation', () => {
  test('an allocation is written by the machine, counts as taken on both sides, and ends by its time', async () => {
    const { a, b } = await pair()
    const given = await b.resources.allocate(wish(3), signal)
    expect(given).toMatchObject({ node: 'a', holder: 'b', endpoint: '/p2p/a', expires_at: now + 60_000 })
    expect(await freeOf(a, 'a')).toBe(1)
    expect(await freeOf(b, 'a')).toBe(1)
    for (const one of [a, b])
      expect(one.taken().get('a')).toMatchObject([{ holder: 'b', share: { cpu_cores: 3 } }])
    await pass(60_000)
    for (const one of [a, b]) expect(one.taken().size).toBe(0)
    expect(a.events.at(-1)).toBe('resource_expired')
    expect(await freeOf(b, 'a')).toBe(4)
  })

  test('an allocation is renewed by its id, and is never made shorter', async () => {
    const { a, b } = await pair()
    const { id, expires_at } = await b.resources.allocate(wish(3), signal)
    const shorter = await b.resources.allocate(wish(3, { allocation_id: id, duration_s: 1 }), signal)
    expect(shorter).toMatchObject({ id, node: 'a', expires_at })
    await pass(30_000)
    const renewed = await b.resources.allocate(wish(4, { allocation_id: id }), signal)
    expect(renewed).toMatchObject({ id, expires_at: now + 60_000 })
    expect((await a.resources.query(signal)).running).toMatchObject([{ id, share: { cpu_cores: 4 } }])
  })

  test('an allocation is released by its holder or by the owner of the machine, and by nobody else', async () => {
    const { a, b } = await pair()
    const c = await machine('c')
    const first = await b.resources.allocate(wish(2), signal)
    await expect(c.resources.release(first.id, signal)).rejects.toMatchObject({
      code: 'RIPPLE_ALLOCATION_UNKNOWN',
    })
    expect(await freeOf(a, 'a')).toBe(2)
    await b.resources.release(first.id, signal)
    expect(await freeOf(c, 'a')).toBe(4)
    const second = await b.resources.allocate(wish(2), signal)
    await a.resources.release(second.id, signal)
    expect((await b.resources.query(signal)).running).toEqual([])
    expect(b.taken().size).toBe(0)
  })

  test('an allocation is known after a restart of either machine', async () => {
    const { b } = await pair()
    const { id } = await b.resources.allocate(wish(3), signal)
    handlers.clear()
    const [a2, b2] = [await machine('a'), await machine('b', b.journal)]
    expect((await a2.resources.query(signal)).running).toMatchObject([{ id, holder: 'b' }])
    expect(b2.taken().get('a')).toMatchObject([{ holder: 'b' }])
    await b2.resources.release(id, signal)
    expect(a2.taken().size).toBe(0)
  })
})

describe('refusals', () => {
  test('a machine refuses more than is free', async () => {
    const { a, b } = await pair()
    await b.resources.allocate(wish(3), signal)
    await expect(a.resources.allocate(wish(2), signal)).rejects.toMatchObject({
      code: 'RIPPLE_RESOURCE_NONE',
    })
    await expect(b.resources.allocate(wish(2, { node: "a's" }), signal)).rejects.toThrow(
      'that much is not free',
    )
  })

  test('a machine refuses others while its owner shares nothing, and never itself for that', async () => {
    const { a, b } = await pair()
    unwilling.set('a', 'its owner has paused it')
    await expect(b.resources.allocate(wish(1), signal)).rejects.toThrow('its owner has paused it')
    await expect(a.resources.allocate(wish(1), signal)).resolves.toMatchObject({ node: 'a' })
  })

  test('a machine refuses by its policy', async () => {
    const { b } = await pair()
    refusing.add('a')
    await expect(b.resources.allocate(wish(1), signal)).rejects.toThrow('allocate.holder_denied')
  })

  test("a machine refuses the id of another holder's allocation, and one that has ended", async () => {
    const { b } = await pair()
    const c = await machine('c')
    const { id } = await b.resources.allocate(wish(1), signal)
    const again = wish(1, { allocation_id: id, node: 'a' })
    await expect(c.resources.allocate(again, signal)).rejects.toThrow('the id is that of another allocation')
    await b.resources.release(id, signal)
    await expect(b.resources.allocate(again, signal)).rejects.toThrow('one that has ended')
  })

  test('a machine refuses a holder with too many, and everybody after enough writes of an hour', async () => {
    const { b } = await pair()
    const small = wish(0, { resource_type: 'storage', requirements: { ...none, storage_gb: 0.001 } })
    for (let n = 0; n < resourceLimits.allocations_per_holder_max; n++)
      await b.resources.allocate(small, signal)
    await expect(b.resources.allocate(small, signal)).rejects.toThrow('too many')
    const [{ id: allocation_id } = { id: '' }] = (await b.resources.query(signal)).running
    const renew = () => b.resources.allocate({ ...small, allocation_id }, signal)
    for (
      let n = resourceLimits.allocations_per_holder_max + 1;
      n < resourceLimits.allocation_writes_per_hour;
      n++
    )
      await renew()
    await expect(renew()).rejects.toThrow('enough in this hour')
    expect(entries.allocations.length).toBeLessThanOrEqual(resourceLimits.allocation_writes_per_hour + 1)
  })
})

test('an asker that gives up leaves no allocation behind', async () => {
  const { a, b } = await pair()
  cut.add('b')
  const asking = new AbortController()
  const asked = b.resources.allocate(wish(1, { node: 'a' }), asking.signal)
  const running = async () => (await a.resources.query(signal)).running.length
  await vi.waitFor(async () => expect(await running()).toBe(1))
  asking.abort(new TypeError('the client has gone'))
  await expect(asked).rejects.toThrow('the client has gone')
  await vi.waitFor(async () => expect(await running()).toBe(0))
})

test('an offer is written once while nothing changes', async () => {
  const { a } = await pair()
  await pass(resourceLimits.resource_offer_first_ms)
  await pass(resourceLimits.resource_offer_look_ms)
  await pass(resourceLimits.resource_offer_look_ms)
  expect(entries.offers.filter(({ author }) => author === 'a')).toHaveLength(1)
  expect(entries.offers.filter(({ author }) => author === 'b')).toHaveLength(1)
  expect(a.events.filter((type) => type === 'resource_offered')).toHaveLength(1)
})

test('a renewal whose asker gives up leaves what runs', async () => {
  const { a, b } = await pair()
  const { id } = await b.resources.allocate(wish(1, { node: 'a' }), signal)
  cut.add('a')
  const renewal = b.resources.allocate(wish(1, { allocation_id: id }), signal)
  await expect(renewal).rejects.toMatchObject({ code: 'RIPPLE_PEER_UNREACHABLE' })
  cut.delete('a')
  const asking = new AbortController()
  cut.add('b')
  const given = b.resources.allocate(wish(1, { allocation_id: id, duration_s: 90 }), asking.signal)
  await vi.waitFor(async () =>
    expect((await a.resources.query(signal)).running).toMatchObject([{ expires_at: now + 90_000 }]),
  )
  asking.abort(new TypeError('the client has gone'))
  await expect(given).rejects.toThrow('the client has gone')
  await pass(0)
  expect((await a.resources.query(signal)).running).toMatchObject([{ id }])
})
