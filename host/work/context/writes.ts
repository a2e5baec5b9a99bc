/** Writes to the own chains and reads them. */
import type { MeshEntry } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { canonicalJson } from '../../codec/canonical-json.ts'
import { SerialQueue } from '../../dht/call/serial-queue.ts'
import type { Dht } from '../../dht/port.ts'
import { type RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { lastPlace } from '../../mesh/state/chain-capacity.ts'
import type { Clock, Random } from '../../types/clock.ts'
import type { ActionHash, DnaHash, MeshEvent } from '../../types/events.ts'

/** Shortest and longest pause after the DHT did not answer, in milliseconds. */
const pauseMs = { min: 100, max: 5_000 }

/** Codes of calls that are made again: nothing answered, or there was nothing to call. */
const unanswered: ReadonlySet<string> = new Set(['RIPPLE_DHT_UNAVAILABLE', 'RIPPLE_CONDUCTOR_DOWN'])

/** The last event of an own chain that was reported, and the last action that was written with it. */
interface Told {
  readonly event: number
  readonly action: number
}

/**
 * The only way to the own chains: one write at a time, unless one takes longer than `limits.write_patience_ms`, which
 * lets the next begin. A write's answer is believed where it follows the last reported event, because then nothing else
 * can have come between. If places are missing the chain is read. A write whose answer is lost may have happened, so
 * the chain is read before the next try.
 */
export class WriteQueue {
  readonly #dht: Dht
  readonly #clock: Clock
  readonly #random: Random
  readonly #signal: AbortSignal
  readonly #seen: (event: MeshEvent, known: ActionHash | null) => void
  readonly #unanswered: (what: string, error: RippleError) => void
  readonly #recorded: (events: readonly MeshEvent[]) => Promise<ReadonlyMap<ActionHash, ActionHash>>
  /** The reported end of each own chain, by its DNA. */
  readonly #told = new Map<DnaHash, Told>()
  readonly #lane: SerialQueue

  /**
   * Calls `seen` once for every own event, in order, however it arose. Calls `unanswered` for each call that the DHT
   * did not answer and that is made again. `recorded` maps Tasks that were read from the chain to the closed tasks that
   * the journal has recorded for them.
   */
  constructor(
    dht: Dht,
    clock: Clock,
    random: Random,
    signal: AbortSignal,
    seen: (event: MeshEvent, known: ActionHash | null) => void,
    unanswered: (what: string, error: RippleError) => void,
    recorded: (events: readonly MeshEvent[]) => Promise<ReadonlyMap<ActionHash, ActionHash>>,
  ) {
    this.#dht = dht
    this.#clock = clock
    this.#random = random
    this.#signal = signal
    this.#seen = seen
    this.#unanswered = unanswered
    this.#recorded = recorded
    this.#lane = new SerialQueue({
      ms: limits.write_patience_ms,
      sleep: (ms, ended) => clock.sleep(ms, ended),
    })
  }

  /**
   * Writes an entry, and resolves when it stands on the chain. Rejects with `RIPPLE_DHT_REFUSED`, with
   * `RIPPLE_EVENT_UNKNOWN` or `RIPPLE_DISK_FULL` for another try later, or when the loop ends. Without `lost` it waits
   * while the conductor is down. `lost` is aborted when the conductor stops. An entry that was not sent by then is not
   * written, and rejects with the signal's reason, `RIPPLE_CONDUCTOR_DOWN`.
   */
  commit(entry: MeshEntry, lost?: AbortSignal): Promise<MeshEvent> {
    const turn = this.#lane.take(() => this.#write(entry, lost === undefined), lost)
    // On a full disk the write may have happened and only the reading after it have failed.
    turn.catch((thrown) => {
      if (toRippleError(thrown).code === 'RIPPLE_DISK_FULL') void this.#lookLater()
    })
    return turn
  }

  /** Reads the new events of the own chains of all open epochs, oldest first, trying until the DHT answers. */
  async readOwn(): Promise<void> {
    for (const dna of this.#dht.dnaHashes) await this.#readChain(dna, this.#toldOf(dna))
  }

  /** Returns the events of a chain after a place, and reports those that were not reported before. */
  async #readChain(dna: DnaHash, after: number): Promise<MeshEvent[]> {
    const events = await this.#insist(() => this.#dht.ownEvents(dna, after, this.#signal))
    const known = await this.#recorded(events)
    for (const event of events)
      if (event.seq > this.#toldOf(dna)) this.#tell(event, known.get(event.hash) ?? null)
    return events
  }

  #toldOf(dna: DnaHash): number {
    return this.#told.get(dna)?.event ?? 0
  }

  #tell(event: MeshEvent, known: ActionHash | null = null): void {
    this.#told.set(event.entry.dna_hash, { event: event.seq, action: lastPlace(event) })
    this.#seen(event, known)
  }

  /**
   * Whether an event follows directly on the last reported one. Some actions are no events, so a gap need not hide one.
   */
  #follows({ entry, seq }: MeshEvent): boolean {
    return seq - 1 === this.#told.get(entry.dna_hash)?.action
  }

  async #write(entry: MeshEntry, insists: boolean): Promise<MeshEvent> {
    // Another write may report it meanwhile, so it is searched for in all that came since.
    const since = this.#toldOf(entry.dna_hash)
    for (let tries = 1; ; tries++) {
      this.#signal.throwIfAborted()
      // After one try it may stand on the chain, and somebody has to find out.
      const written = await this.#try(entry, insists || tries > 1)
      if (written && tries === 1 && this.#follows(written)) {
        this.#tell(written)
        return written
      }
      // An earlier try that landed late stands before this one, and is the one that counts, even if its task has ended since.
      const wanted = canonicalJson(entry)
      const found = (await this.#readChain(entry.dna_hash, since)).find(
        (event) => event.hash === written?.hash || canonicalJson(event.entry) === wanted,
      )
      if (found) return found
      await this.#pause(tries)
    }
  }

  /** Returns the new event, or null when the DHT did not say whether it wrote. */
  async #try(entry: MeshEntry, insists: boolean): Promise<MeshEvent | null> {
    try {
      return await this.#dht.commit(entry, this.#signal)
    } catch (thrown) {
      const error = toRippleError(thrown)
      const unsent = error.code === 'RIPPLE_CONDUCTOR_DOWN'
      if (!unanswered.has(error.code) || (unsent && !insists)) throw thrown
      this.#unanswered(`write ${entry.type}`, error)
      if (!unsent) void this.#lookLater()
      return null
    }
  }

  /**
   * Reads the chain again when no abandoned call can write any more. Such a call may still write after it was looked
   * for.
   */
  async #lookLater(): Promise<void> {
    for (let read = false; !read; ) {
      try {
        await this.#clock.sleep(2 * limits.zome_call_ms, this.#signal)
      } catch {
        // The loop has ended; the next start reads the whole chain.
        return
      }
      read = await this.#lane
        .take(() => this.readOwn())
        .then(
          () => true,
          () => false,
        )
    }
  }

  async #insist<T>(read: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      this.#signal.throwIfAborted()
      try {
        return await read()
      } catch (thrown) {
        const error = toRippleError(thrown)
        if (!unanswered.has(error.code)) throw thrown
        this.#unanswered('read the own chain', error)
      }
      await this.#pause(tries)
    }
  }

  /**
   * Waits before the next try. The time doubles with each try. Up to a quarter is cut off at random, so that peers do
   * not come back all at once.
   */
  async #pause(tries: number): Promise<void> {
    const full = Math.min(pauseMs.max, pauseMs.min * 2 ** Math.min(tries - 1, 16))
    const jitter = (this.#random.bytes(1)[0] ?? 0) / 256
    await this.#clock.sleep(Math.ceil(full * (1 - jitter / 4)), this.#signal)
  }
}
