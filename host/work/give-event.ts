import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { retried } from '../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { Hands } from './hands.ts'

/** Bounds what is being given at a time, to one peer and in all: anybody may ask, and each look costs the conductor. */
export class Giving {
  readonly #byPeer = new Map<AgentKey, number>()
  #all = 0

  /** Whether one more may be given to the peer now; if so it counts until `end`. */
  begin(to: AgentKey): boolean {
    const own = this.#byPeer.get(to) ?? 0
    if (own >= limits.events_handed_per_peer_max || this.#all >= limits.events_handed_max) return false
    this.#byPeer.set(to, own + 1)
    this.#all += 1
    return true
  }

  /** Ends what `begin` allowed. */
  end(to: AgentKey): void {
    const own = (this.#byPeer.get(to) ?? 1) - 1
    if (own === 0) this.#byPeer.delete(to)
    else this.#byPeer.set(to, own)
    this.#all -= 1
  }
}

/** Gives a peer the event that it asks for, as far as it is here. Whoever gets no answer asks again. */
export async function giveEvent(to: AgentKey, hash: ActionHash, hands: Hands): Promise<void> {
  if (!hands.giving.begin(to)) return
  try {
    const signed = await hands.needs.dht.signed(hash, hands.signal)
    if (!signed) return
    const { action, entry, signature } = signed
    await hands.send(to, { type: 'event', action, entry, signature })
  } catch (thrown) {
    if (!hands.signal.aborted) hands.record(retried('give an event', toRippleError(thrown)))
  } finally {
    hands.giving.end(to)
  }
}
