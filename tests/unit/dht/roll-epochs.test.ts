import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EpochRules } from '../../../host/config/epoch.ts'
import { type RollNeeds, rollEpochs } from '../../../host/daemon/chain/roll-epochs.ts'
import { archivedEpochs } from '../../../host/daemon/receipts/archive-epoch.ts'
import type { Dht } from '../../../host/dht/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { TaskView } from '../../../host/mesh/view/view.ts'
import type { Emit } from '../../../host/telemetry/events.ts'

const rules: EpochRules = { length_ms: 100_000, kept: 1, max_action_seq: 10, archive_days: 1 }
const emit = () => undefined

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-roll-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A clock that goes on when it is told to, while files are written in real time. */
class SteppedClock {
  #now: number
  #sleepers: Array<{ readonly at: number; wake(): void }> = []

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((wake, fail) => {
      this.#sleepers.push({ at: this.#now + ms, wake })
      signal.addEventListener('abort', () => fail(signal.reason), { once: true })
    })
  }

  /** Lets time pass, and whoever sleeps do what he has to at each step. */
  async until(end: number, stepMs = 5_000): Promise<void> {
    await this.#allAsleep()
    while (this.#now < end) {
      this.#now = Math.min(end, this.#now + stepMs)
      for (const { at, wake } of this.#sleepers) if (at <= this.#now) wake()
      this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now)
      await this.#allAsleep()
    }
  }

  /** Lets the machine sleep, and its timers with it. */
  suspend(ms: number): void {
    this.#now += ms
    this.#sleepers = this.#sleepers.map(({ at, wake }) => ({ at: at + ms, wake }))
  }

  async #allAsleep(): Promise<void> {
    while (this.#sleepers.length === 0) await new Promise((done) => setTimeout(done, 1))
  }
}

/** Leaves epochs, of which one has this closed task. */
const leaving =
  (epoch: string, view: TaskView): RollNeeds['work']['leave'] =>
  async (dna, each) =>
    dna === epoch ? each?.(view) : undefined

/** Epochs that open, or fail as told; `openIn` names what is open in an epoch. */
function stage(now: number, failures: RippleError[] = [], openIn: (epoch: string) => string[] = () => []) {
  const clock = new SteppedClock(now)
  const did: Array<[what: string, epoch: number, at: number]> = []
  const list: Array<{ epoch: number; dht: Dht }> = []
  const open = async (epoch: number) => {
    const failure = failures.shift()
    if (failure) throw failure
    did.push(['open', epoch, clock.now()])
    const dht = { agent: 'me', dnaHash: String(epoch), ownEvents: async () => [] } as unknown as Dht
    list.push({ epoch, dht })
  }
  const leave = async (epoch: number) => {
    did.push(['leave', epoch, clock.now()])
    list.splice(
      list.findIndex((one) => one.epoch === epoch),
      1,
    )
  }
  const work: RollNeeds['work'] = { openIn, leave: async () => undefined }
  const receipts: RollNeeds['receipts'] = {
    keep: async () => undefined,
    fileOf: () => '',
    pathOf: () => null,
  }
  const place = { folder, seed: 'seed', rules }
  const epochs = { list, open, leave } as unknown as RollNeeds['epochs']
  return { clock, did, place, needs: { epochs, place, work, receipts, clock, emit } }
}

describe('rolling', () => {
  test('a roll opens each epoch in advance and leaves each past one with its archive', async () => {
    const { clock, did, place, needs } = stage(1_060_000)
    await using _rolling = rollEpochs(needs)
    await clock.until(1_290_000)
    expect(did.filter(([what]) => what === 'open').map(([, epoch]) => epoch)).toEqual([10, 11, 12, 13])
    expect(did.filter(([what]) => what === 'leave').map(([, epoch]) => epoch)).toEqual([10])
    for (const [what, epoch, at] of did.slice(1))
      if (what === 'open') expect(at).toBeLessThan(epoch * 100_000)
    expect(await archivedEpochs(place)).toEqual([10])
    const [first] = (await readFile(join(folder, 'seed-epoch10.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(first ?? '')).toMatchObject({
      archive: 1,
      epoch: 10,
      dna: '10',
      agent: 'me',
      begins: 1_000_000,
    })
  })

  test('a machine that slept soon opens the current epoch', async () => {
    const { clock, did, needs } = stage(1_010_000)
    await using _rolling = rollEpochs(needs)
    await clock.until(1_015_000)
    clock.suspend(300_000)
    await clock.until(1_320_000, 1_000)
    expect(did.map(([, epoch]) => epoch)).toContain(13)
  })

  test('an epoch with an open task is not left', async () => {
    const { clock, did, needs } = stage(1_060_000, [], (dna) => (dna === '10' ? ['a task'] : []))
    await using _rolling = rollEpochs(needs)
    await clock.until(1_400_000)
    expect(did.filter(([what, epoch]) => what === 'leave' && epoch === 10)).toEqual([])
  })

  test("an epoch waits for a receipt's missing parts as long as epochs are kept", async () => {
    const { clock, did, needs } = stage(1_060_000)
    const view = { task: 'uhCkk', state: 'accepted' } as TaskView
    const errors: unknown[] = []
    const telling: Emit = (event) => void ('code' in event && errors.push(event))
    const work = { ...needs.work, leave: leaving('10', view) }
    await using _rolling = rollEpochs({ ...needs, work, emit: telling })
    await clock.until(1_290_000)
    expect(did.filter(([what]) => what === 'leave')).toEqual([])
    expect(errors).toMatchObject([
      { type: 'epoch_unleft', epoch: 10, code: 'RIPPLE_EVENT_UNKNOWN' },
      { epoch: 10 },
    ])
    errors.length = 0
    await clock.until(1_310_000)
    expect(did.filter(([what, epoch]) => what === 'leave' && epoch === 10)).toHaveLength(1)
    expect(errors).toMatchObject([
      { type: 'receipt_lost', epoch: 10, task: 'uhCkk', code: 'RIPPLE_EVENT_UNKNOWN' },
    ])
  })

  test('an epoch is kept as long as its receipts cannot be written', async () => {
    const { clock, did, needs } = stage(1_060_000)
    const view = { task: 'uhCkk', state: 'accepted' } as TaskView
    const full = () => {
      throw new RippleError('RIPPLE_DISK_FULL', { path: folder })
    }
    const work = { ...needs.work, leave: leaving('10', view) }
    await using _rolling = rollEpochs({
      ...needs,
      work,
      receipts: { ...needs.receipts, keep: async () => full() },
    })
    await clock.until(1_590_000)
    expect(did.filter(([what, epoch]) => what === 'leave' && epoch === 10)).toEqual([])
    expect(did.filter(([what, epoch]) => what === 'leave' && epoch === 11)).toHaveLength(1)
  })

  test('a failed roll is tried again, unless the epoch was left', async () => {
    const down = new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
    const first = stage(1_060_000, [down, down])
    await using _first = rollEpochs(first.needs)
    await first.clock.until(1_074_000, 1_000)
    expect(first.did.map(([, epoch]) => epoch)).toEqual([10])
    const second = stage(1_060_000, [new RippleError('RIPPLE_EPOCH_LEFT', { epoch: 10 })])
    await using _second = rollEpochs(second.needs)
    await second.clock.until(1_074_000)
    expect(second.did).toEqual([])
  })

  test('old archives are removed', async () => {
    const halfDay = { ...rules, length_ms: 43_200_000 }
    const { clock, place, needs } = stage(10.5 * halfDay.length_ms)
    await using _rolling = rollEpochs({ ...needs, place: { ...place, rules: halfDay } })
    await clock.until(12.5 * halfDay.length_ms, 3_600_000)
    expect(await archivedEpochs(place)).toEqual([10])
    await clock.until(13.5 * halfDay.length_ms, 3_600_000)
    expect(await archivedEpochs(place)).toEqual([11])
  })
})
