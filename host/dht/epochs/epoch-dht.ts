/** Combines the `resource_mesh` cells of several epochs into one DHT port. */
import type { MeshEntry } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { BucketPage, ListedTask } from '../../../zomes-bindings/index.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../../types/events.ts'
import type { Dht } from '../port.ts'

/** The most events whose epoch is remembered. A forgotten event is looked up in all epochs. */
const KNOWN_MAX = 50_000

/** The `resource_mesh` of one epoch that is open here. */
export interface OpenEpoch {
  readonly epoch: number
  readonly dht: Dht
}

/** The key and the epochs that the port works with. */
export interface EpochDhtNeeds {
  readonly agent: AgentKey
  /** The open epochs, oldest first: at least one. */
  open(): readonly OpenEpoch[]
  /** The current epoch. */
  now(): number
}

/**
 * The port over the cells of several epochs. An entry is written to the epoch that it names, so a task stays in the epoch
 * in which it was posted. New tasks go to the current epoch. An event known only by its hash is first looked up in all
 * epochs at once.
 */
export class EpochDht implements Dht {
  readonly #needs: EpochDhtNeeds
  /** The DNA of each known event; oldest first. */
  readonly #known = new Map<ActionHash, DnaHash>()

  constructor(needs: EpochDhtNeeds) {
    this.#needs = needs
  }

  get agent(): AgentKey {
    return this.#needs.agent
  }

  /**
   * The current epoch's DNA; until that epoch is open, the one before it. If the clock went back, the oldest open epoch's.
   */
  get dnaHash(): DnaHash {
    const open = this.#needs.open()
    const begun = open.filter(({ epoch }) => epoch <= this.#needs.now()).at(-1) ?? open[0]
    if (!begun) throw new RippleError('RIPPLE_INTERNAL', { detail: 'no epoch is open' })
    return begun.dht.dnaHash
  }

  get dnaHashes(): readonly DnaHash[] {
    return this.#needs.open().map(({ dht }) => dht.dnaHash)
  }

  async commit(entry: MeshEntry, signal: AbortSignal): Promise<MeshEvent> {
    const cell = this.#cell(entry.dna_hash)
    if (!cell) {
      const detail = `the epoch of ${entry.dna_hash} is not open here any more`
      throw new RippleError('RIPPLE_DHT_REFUSED', { detail })
    }
    const event = await cell.commit(entry, signal)
    this.#learn(event.hash, entry.dna_hash)
    return event
  }

  async ownEvents(dna: DnaHash, after: number, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#learned((await this.#cell(dna)?.ownEvents(dna, after, signal)) ?? [])
  }

  async get(hash: ActionHash, signal: AbortSignal): Promise<MeshEvent | null> {
    const event = await this.#first(hash, (cell) => cell.get(hash, signal))
    return event && (this.#learned([event])[0] ?? null)
  }

  async results(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#learned(await this.#all(task, (cell) => cell.results(task, signal)))
  }

  async closes(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#learned(await this.#all(task, (cell) => cell.closes(task, signal)))
  }

  async fallbackTasks(dna: DnaHash, page: BucketPage, signal: AbortSignal): Promise<ListedTask[]> {
    const listed = (await this.#cell(dna)?.fallbackTasks(dna, page, signal)) ?? []
    for (const { task } of listed) this.#learn(task, dna)
    return listed
  }

  async eventsBy(author: AgentKey, task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#learned(await this.#all(task, (cell) => cell.eventsBy(author, task, signal)))
  }

  async holders(hash: ActionHash, signal: AbortSignal): Promise<number> {
    const counts = await Promise.all(this.#cells(hash).map((cell) => cell.holders(hash, signal)))
    return Math.max(0, ...counts)
  }

  signed(hash: ActionHash, signal: AbortSignal): Promise<SignedBytes | null> {
    return this.#first(hash, (cell) => cell.signed(hash, signal))
  }

  #cell(dna: DnaHash): Dht | undefined {
    return this.#needs.open().find(({ dht }) => dht.dnaHash === dna)?.dht
  }

  /** Returns the cell of an event, or all cells if its epoch is unknown. */
  #cells(hash: ActionHash): readonly Dht[] {
    const dna = this.#known.get(hash)
    const cell = dna === undefined ? undefined : this.#cell(dna)
    return cell ? [cell] : this.#needs.open().map(({ dht }) => dht)
  }

  /**
   * Resolves to the first answer that is not null, or to null when every cell answered null. Rejects if one cell failed and
   * none had the event.
   */
  async #first<T>(hash: ActionHash, ask: (cell: Dht) => Promise<T | null>): Promise<T | null> {
    const { promise, resolve, reject } = Promise.withResolvers<T | null>()
    const asked = this.#cells(hash).map(async (cell) => {
      const answer = await ask(cell)
      if (answer !== null) resolve(answer)
    })
    Promise.all(asked).then(() => resolve(null), reject)
    return promise
  }

  async #all(task: ActionHash, ask: (cell: Dht) => Promise<MeshEvent[]>): Promise<MeshEvent[]> {
    return (await Promise.all(this.#cells(task).map(ask))).flat()
  }

  #learned(events: MeshEvent[]): MeshEvent[] {
    for (const { hash, entry } of events) {
      this.#learn(hash, entry.dna_hash)
      if ('task' in entry) this.#learn(entry.task, entry.dna_hash)
    }
    return events
  }

  #learn(hash: ActionHash, dna: DnaHash): void {
    this.#known.set(hash, dna)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KNOWN_MAX) return
      this.#known.delete(oldest)
    }
  }
}
