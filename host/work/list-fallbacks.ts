import { BUCKET_MS } from '../../zomes-bindings/generated/limits.ts'
import type { ListedTask } from '../../zomes-bindings/index.ts'
import { type RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { StandbyPlaces, standsBy } from '../mesh/standby-places.ts'
import type { AgentKey, DnaHash, MeshEvent, Millis } from '../types/events.ts'
import type { Hands } from './hands.ts'

/**
 * Lists the tasks that allow fallback: of the last day the first time, then of the buckets that may have changed and of
 * those that it was not through with. Only tasks that are new here are fetched. Rejects with the first failure when all
 * else is done.
 */
export async function listFallbacks(hands: Hands): Promise<void> {
  const { dht, clock } = hands.needs
  const at = clock.now()
  const first = bucketAt(at - limits.standby_history_ms)
  const from = Math.max(first, hands.state().standbyBucket ?? first)
  hands.lists.forgetBefore(from)
  const listing = new Listing(hands, at)
  // What is new may still be put into the bucket of now, or by a slow clock into the one before.
  let next = bucketAt(at - limits.clock_skew_ms)
  for (let bucket = from; bucket <= bucketAt(at + limits.clock_skew_ms); bucket++)
    for (const dna of dht.dnaHashes) if (!(await listing.read(dna, bucket))) next = Math.min(next, bucket)
  hands.dispatch({ type: 'fallbacks_listed', events: listing.events, next, at })
  if (listing.failures[0]) throw listing.failures[0]
}

function bucketAt(at: Millis): number {
  return Math.floor(at / BUCKET_MS)
}

/** One time of listing. What it fetches is bounded, in all and by author, so that nobody's flood hides others' tasks. */
class Listing {
  /** Tasks that this machine may stand in for. */
  readonly events: MeshEvent[] = []
  readonly failures: RippleError[] = []
  readonly #hands: Hands
  readonly #at: Millis
  readonly #places: StandbyPlaces
  readonly #fetches = new Map<AgentKey, number>()
  #fetched = 0

  constructor(hands: Hands, at: Millis) {
    this.#hands = hands
    this.#at = at
    this.#places = new StandbyPlaces(hands.state())
  }

  /** Reads a list as far as it may this time; false where it is not through with it. One that fails stops no other. */
  async read(dna: DnaHash, bucket: number): Promise<boolean> {
    this.#hands.signal.throwIfAborted()
    if (this.#isOver()) return false
    try {
      return await this.#readPages(dna, bucket)
    } catch (thrown) {
      this.failures.push(toRippleError(thrown))
      return false
    }
  }

  /** Whether the rest waits for the next listing. So many failures are the engine's and not the lists'. */
  #isOver(): boolean {
    const { standby_failures_max, standby_fetches_max } = limits
    return this.failures.length >= standby_failures_max || this.#fetched >= standby_fetches_max
  }

  async #readPages(dna: DnaHash, bucket: number): Promise<boolean> {
    const { lists, needs, signal } = this.#hands
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

  /** Fetches a task that is new here, where there is a place for it; false where it is left for another time. */
  async #lookInto({ task, author }: ListedTask): Promise<boolean> {
    const { lists, needs, signal, state } = this.#hands
    if (author === needs.dht.agent || lists.knows(task) || !this.#places.free(author)) return true
    const before = this.#fetches.get(author) ?? 0
    if (this.#isOver() || before >= limits.standby_fetches_each_max) return false
    this.#fetches.set(author, before + 1)
    this.#fetched += 1
    try {
      const event = await needs.dht.get(task, signal)
      // What is still on its way is found while its bucket is listed.
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
