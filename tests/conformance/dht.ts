import { encodeHashToBase64, HoloHashType, hashFrom32AndType } from '@holochain/client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Dht } from '../../host/dht/port.ts'
import type { ActionHash, EntryOf, MeshEvent } from '../../host/types/events.ts'
import { BUCKET_MS } from '../../zomes-bindings/generated/limits.ts'
import type { BucketPage } from '../../zomes-bindings/index.ts'
import { sha256Hex } from '../harness/sha256.ts'

/** Time for a peer's receipt of an event that was sent to it, in milliseconds. */
const RECEIPT_MS = 3_000

/** Two peers of one network, and how long anything may take to arrive, in milliseconds. */
export interface DhtPair extends AsyncDisposable {
  readonly poster: Dht
  readonly worker: Dht
  readonly arriveMs: number
}

const DIGEST = 'a'.repeat(64)
const signal = new AbortController().signal

/** An action hash that no action has. */
const nowhere: ActionHash = encodeHashToBase64(
  hashFrom32AndType(new Uint8Array(32).fill(7), HoloHashType.Action),
)

/** A task that any worker may run. */
export function task(dht: Dht, id: string): EntryOf<'Task'> {
  return {
    type: 'Task',
    dna_hash: dht.dnaHash,
    id,
    class: 'inference',
    work: { type: 'model', name: 'tiny', digest: DIGEST },
    requirements: { cpu_cores: 1, memory_mib: 1, disk_mib: 1, gpu_count: 0, vram_mib: 0, tags: [] },
    payload_digest: DIGEST,
    payload_bytes: 10,
    sensitivity: 'private',
    deterministic: null,
    deadlines_ms: { queue: 60_000, run: 60_000, total: 120_000 },
    lease_ms: 30_000,
    max_attempts: 2,
    redundancy: 1,
    depends_on: [],
    priority: 'interactive',
    placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
    fallback: null,
    created_at: 1_800_000_000_000,
  }
}

/** A task that anybody may go on with. */
function spareTask(dht: Dht, id: string): EntryOf<'Task'> {
  const [salt, text] = ['07'.repeat(32), 'a payload for everybody']
  const digest = sha256Hex(Buffer.from(salt, 'hex'), text)
  return {
    ...task(dht, id),
    sensitivity: 'public',
    payload_digest: digest,
    payload_bytes: text.length,
    fallback: { after_ms: 60_000, allow: { type: 'any' }, payload: { type: 'clear', salt, text } },
  }
}

function grant(dht: Dht, about: ActionHash, worker: string): EntryOf<'Grant'> {
  return {
    type: 'Grant',
    dna_hash: dht.dnaHash,
    task: about,
    prev: about,
    attempt: 1,
    worker,
    lease_ms: 30_000,
    reason: 'none',
    prefix_digest: null,
  }
}

function cancel(dht: Dht, about: ActionHash, prev: ActionHash): EntryOf<'Close'> {
  return {
    type: 'Close',
    dna_hash: dht.dnaHash,
    task: about,
    prev,
    outcome: 'cancelled',
    result: null,
    superseded: [],
    checks: ['none'],
  }
}

/** Tests an implementation of the port `Dht`. */
export function dhtConformance(name: string, open: () => Promise<DhtPair>, openMs: number): void {
  describe(`dht: ${name}`, () => {
    let pair: DhtPair
    let first: ActionHash
    let granted: ActionHash
    let given: MeshEvent
    const arrives = <T>(check: () => Promise<T>) =>
      vi.waitFor(check, { timeout: pair.arriveMs, interval: 100 })

    beforeAll(async () => {
      pair = await open()
      const posted = await pair.poster.commit(task(pair.poster, 'conformance-task-1'), signal)
      first = posted.hash
      given = await pair.poster.commit(grant(pair.poster, first, pair.worker.agent), signal)
      granted = given.hash
    }, openMs)
    afterAll(() => pair?.[Symbol.asyncDispose]())

    it('a written event is read by its hash and from its own chain', async () => {
      const event = await pair.poster.get(first, signal)
      expect(event).toMatchObject({
        hash: first,
        author: pair.poster.agent,
        entry: task(pair.poster, 'conformance-task-1'),
      })
      const own = await pair.poster.ownEvents(pair.poster.dnaHash, 0, signal)
      expect(own.map(({ hash }) => hash)).toEqual([first, granted])
      expect(own[0]).toEqual(event)
      expect(await pair.poster.ownEvents(pair.poster.dnaHash, own[0]?.seq ?? 0, signal)).toEqual([own[1]])
    })

    it('a write answers with the event that is read afterwards', async () => {
      expect(await pair.poster.get(granted, signal)).toEqual(given)
    })

    it('an event reaches the other peer with every field the same', async () => {
      const here = await pair.poster.get(first, signal)
      await arrives(async () => expect(await pair.worker.get(first, signal)).toEqual(here))
      expect(await pair.worker.ownEvents(pair.worker.dnaHash, 0, signal)).toEqual([])
    })

    it('a read of an event that has not arrived answers null', async () => {
      expect(await pair.worker.get(nowhere, signal)).toBeNull()
      expect(await pair.worker.signed(nowhere, signal)).toBeNull()
      expect(await pair.worker.results(nowhere, signal)).toEqual([])
    })

    it('a write against the rules is refused and leaves nothing', async () => {
      const before = await pair.poster.ownEvents(pair.poster.dnaHash, 0, signal)
      const empty = { ...task(pair.poster, 'conformance-task-2'), payload_bytes: 0 }
      await expect(pair.poster.commit(empty, signal)).rejects.toMatchObject({
        code: 'RIPPLE_DHT_REFUSED',
        message: expect.stringContaining('payload_bytes'),
      })
      // A stranger's grant is refused once the task has arrived; until then it is of an event that is not known.
      const stranger = grant(pair.worker, first, pair.worker.agent)
      await arrives(async () => {
        await expect(pair.worker.commit(stranger, signal)).rejects.toMatchObject({
          code: 'RIPPLE_DHT_REFUSED',
        })
      })
      expect(await pair.poster.ownEvents(pair.poster.dnaHash, 0, signal)).toEqual(before)
    })

    it('a write that names an unknown event says so', async () => {
      await expect(
        pair.poster.commit(grant(pair.poster, nowhere, pair.worker.agent), signal),
      ).rejects.toMatchObject({
        code: 'RIPPLE_EVENT_UNKNOWN',
      })
    })

    it("a poster's events of a task are found, in the order of the chain", async () => {
      await arrives(async () => {
        const found = await pair.worker.eventsBy(pair.poster.agent, first, signal)
        expect(found.map(({ hash }) => hash)).toEqual([granted])
      })
    })

    it('both peers find a close from its task', async () => {
      const { hash: about } = await pair.poster.commit(task(pair.poster, 'conformance-task-3'), signal)
      const { hash: closed } = await pair.poster.commit(cancel(pair.poster, about, about), signal)
      expect((await pair.poster.closes(about, signal)).map(({ hash }) => hash)).toEqual([closed])
      await arrives(async () => {
        expect((await pair.worker.closes(about, signal)).map(({ hash }) => hash)).toEqual([closed])
      })
      expect(await pair.worker.results(about, signal)).toEqual([])
    })

    it('the tasks of a bucket that allow fallback are listed page by page', async () => {
      const ids = ['conformance-spare-1', 'conformance-spare-2', 'conformance-spare-3']
      const posted: MeshEvent[] = []
      for (const id of ids) posted.push(await pair.poster.commit(spareTask(pair.poster, id), signal))
      // Oldest first; those of one millisecond stand by their names.
      const listed = posted
        .toSorted((a, b) => a.at - b.at || (a.hash < b.hash ? -1 : 1))
        .map(({ hash }) => hash)
      const bucket = Math.floor(1_800_000_000_000 / BUCKET_MS)
      const page = (most: number, after: BucketPage['after']) =>
        pair.worker.fallbackTasks(pair.worker.dnaHash, { bucket, after, most }, signal)
      await arrives(async () => {
        expect((await page(10, null)).map(({ task: hash }) => hash)).toEqual(listed)
      })
      const [one, two, ...further] = await page(2, null)
      expect([one?.author, one?.task, two?.task]).toEqual([pair.poster.agent, ...listed.slice(0, 2)])
      expect(further).toEqual([])
      expect((await page(2, two ?? null)).map(({ task: hash }) => hash)).toEqual(listed.slice(2))
      expect(await pair.worker.fallbackTasks(nowhere, { bucket, after: null, most: 10 }, signal)).toEqual([])
    })

    it('simultaneous writes are all kept', async () => {
      const ids = ['conformance-many-1', 'conformance-many-2', 'conformance-many-3']
      const written = await Promise.all(ids.map((id) => pair.worker.commit(task(pair.worker, id), signal)))
      const own = await pair.worker.ownEvents(pair.worker.dnaHash, 0, signal)
      expect(own).toEqual(written.toSorted((a, b) => a.seq - b.seq))
    })

    it('both peers read the same signed bytes', async () => {
      const here = await pair.poster.signed(first, signal)
      expect(here?.signature).toHaveLength(64)
      await arrives(async () => expect(await pair.worker.signed(first, signal)).toEqual(here))
    })

    it('the holders of an event are counted', async () => {
      // Entries from before a peer was known as a full holder reach it by gossip, which gives no receipts.
      let written = 0
      await arrives(async () => {
        written += 1
        const { hash } = await pair.poster.commit(task(pair.poster, `conformance-held-${written}`), signal)
        const held = async () => expect(await pair.poster.holders(hash, signal)).toBeGreaterThanOrEqual(1)
        await vi.waitFor(held, { timeout: RECEIPT_MS })
      })
    })

    it('an aborted write does not wait', async () => {
      await expect(
        pair.poster.commit(task(pair.poster, 'conformance-task-4'), AbortSignal.abort()),
      ).rejects.toThrow()
    })
  })
}
