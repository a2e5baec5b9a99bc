/** Finds the tasks on the DHT that this machine may stand in for. */
import { BUCKET_MS } from '../../../zomes-bindings/generated/limits.ts'
import type { ListedTask } from '../../../zomes-bindings/index.ts'
import { type RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { StandbyPlaces, standsBy } from '../../mesh/standby/standby-places.ts'
import type { AgentKey, DnaHash, MeshEvent, Millis } from '../../types/events.ts'
import type { StandInContext } from '../context/context.ts'

/**
 * Lists the tasks that allow fallback: those of the last day the first time, then those in buckets that may have
 * changed or are unfinished. Only tasks that are new here are fetched. Rejects with the first failure when all else is
 * done.
 */
export async function listFallbacks(context: StandInContext): Promise<void> {
  const { dht, clock } = context.needs
  const at = clock.now()
  const first = bucketAt(at - limits.standby_history_ms)
  const from = Math.max(first, context.state().standbyBucket ?? first)
  context.lists.forgetBefore(from)
  const listing = new Listing(context, at)
  // New tasks may still come into the current bucket, or by a slow clock into the one before.
  let next = bucketAt(at - limits.clock_skew_ms)
  for (let bucket = from; bucket <= bucketAt(at + limits.clock_skew_ms); bucket++)
    for (const dna of dht.dnaHashes) if (!(await listing.read(dna, bucket))) next = Math.min(next, bucket)
  context.dispatch({ type: 'fallbacks_listed', events: listing.events, next, at })
  if (listing.failures[0]) throw listing.failures[0]
}

function bucketAt(at: Millis): number {
  return Math.floor(at / BUCKET_MS)
}

/**
 * One listing. Its fetches are bounded, in all and by author, so that a flood by one author hides no tasks of others.
 */
class Listing {
  /** Tasks that this machine may stand in for. */
  readonly events: MeshEvent[] = []
  readonly failures: RippleError[] = []
  readonly #context: StandInContext
  readonly #at: Millis
  readonly #places: StandbyPlaces
  readonly #fetches = new Map<AgentKey, number>()
  #fetched = 0

  constructor(context: StandInContext, at: Millis) {
    this.#context = context
    this.#at = at
    this.#places = new StandbyPlaces(context.state())
  }

  /**
   * Reads a list as far as the bounds allow; returns false where it is unfinished. A failed list does not stop the
   * others.
   */
  async read(dna: DnaHash, bucket: number): Promise<boolean> {
    this.#context.signal.throwIfAborted()
    if (this.#isOver()) return false
    try {
      return await this.#readPages(dna, bucket)
    } catch (thrown) {
      this.failures.push(toRippleError(thrown))
      return false
    }
  }

  /** Whether the rest waits for the next listing. So many failures come from the engine and not from the lists. */
  #isOver(): boolean {
    const { standby_failures_max, standby_fetches_max } = limits
    return this.failures.length >= standby_failures_max || this.#fetched >= standby_fetches_max
  }

  async #readPages(dna: DnaHash, bucket: number): Promise<boolean> {
    const { lists, needs, signal } = this.#context
    const most = limits.standby_page
    let { after, left } = lists.reading(dna, bucket)
    for (let page = 0; page < limits.standby_pages_max; page++) {
      const listed = await needs.dht.fallbackTasks(dna, { bucket, after, most }, signal)
      for (const one of listed) left = !(await this.#lookInto(one)) || left
      const last = listed.at(-1)
      if (last === undefined || listed.length < most) {
        lists.goOn(dna, bucket, null)
        return !left
      }
      after = { at: last.at, task: last.task }
      lists.goOn(dna, bucket, { bucket, after, left })
    }
    return false
  }

  /** Fetches a new task, if there is a place for it; returns false where it is left for another time. */
  async #lookInto({ task, author }: ListedTask): Promise<boolean> {
    const { lists, needs, signal, state } = this.#context
    if (needs.accepts?.(author) === false) return true
    if (author === needs.dht.agent || lists.knows(task) || !this.#places.free(author)) return true
    const before = this.#fetches.get(author) ?? 0
    if (this.#isOver() || before >= limits.standby_fetches_each_max) return false
    this.#fetches.set(author, before + 1)
    this.#fetched += 1
    try {
      const event = await needs.dht.get(task, signal)
      // A task that has not arrived yet is found while its bucket is listed.
      if (event === null) return true
      lists.note(task)
      if (!standsBy(state(), event, this.#at)) return true
      this.events.push(event)
      this.#places.take(author)
      return true
    } catch (thrown) {
      this.failures.push(toRippleError(thrown))
      return false
    }
  }
}
