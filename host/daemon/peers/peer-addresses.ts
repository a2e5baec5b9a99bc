/** Remembers the addresses of peers across restarts. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey, Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import type { Journal } from '../../work/journal/port.ts'

/** Journal key of the addresses. */
const KEY = 'peer_addresses'

const keptSchema = z.array(
  z.strictObject({ agent: z.string(), at: z.number(), addresses: z.array(z.string()) }),
)

/** The addresses that a peer last reported, and when it was last heard. */
interface Said {
  readonly addresses: readonly string[]
  readonly at: Millis
}

/** The last reported libp2p addresses of peers, including those from before this machine's last restart. */
export class PeerAddresses implements AsyncDisposable {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #said: Map<AgentKey, Said>
  readonly #stopping = new AbortController()
  #changed = false
  #keeping: Promise<void> | null = null

  private constructor(journal: Journal, clock: Clock, said: Map<AgentKey, Said>) {
    this.#journal = journal
    this.#clock = clock
    this.#said = said
  }

  /** Reads the stored addresses. Rejects as the journal does. */
  static async open(journal: Journal, clock: Clock): Promise<PeerAddresses> {
    const kept = keptSchema.safeParse(await journal.get('meta', KEY)).data ?? []
    const said = new Map(kept.map(({ agent, ...rest }) => [agent, rest]))
    return new PeerAddresses(journal, clock, said)
  }

  /** Returns the last known addresses of an agent. */
  of(agent: AgentKey): readonly string[] {
    return this.#said.get(agent)?.addresses ?? []
  }

  /** Stores the addresses that the peers report now; an agent without a report keeps its old ones. */
  note(peers: readonly Peer[]): void {
    for (const { agent, presence, seenAt } of peers) {
      if (presence === null || presence.addresses.length === 0) continue
      const { addresses } = presence
      this.#changed ||= !isDeepStrictEqual(this.of(agent), addresses)
      this.#said.set(agent, { addresses, at: seenAt ?? 0 })
    }
    if (this.#changed) this.#keeping ??= this.#keep()
  }

  /** Stores the changes since the last write. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#keeping
  }

  /**
   * Writes the newest addresses to the journal. If a write fails, the next run learns addresses from the peers' beats.
   */
  async #keep(): Promise<void> {
    while (this.#changed) {
      this.#changed = false
      await this.#journal.put('meta', KEY, this.#newest()).catch(() => {})
      await this.#clock.sleep(limits.addresses_write_ms, this.#stopping.signal).catch(() => {})
    }
    this.#keeping = null
  }

  #newest() {
    return [...this.#said]
      .map(([agent, { addresses, at }]) => ({ agent, at, addresses: [...addresses] }))
      .sort((one, other) => other.at - one.at)
      .slice(0, limits.addresses_kept_max)
  }
}
