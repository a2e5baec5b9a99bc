/** Keeps this machine from writing to a chain whose end it does not hold. */
import { setTimeout as sleep } from 'node:timers/promises'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { ActionHash, DnaHash } from '../../types/events.ts'
import type { ChainHeadStore, NamedChain } from './chain-head-store.ts'
import { type ChainVerdict, judgeChain } from './chain-verdict.ts'

/** A chain of this machine's key. */
export interface Chain extends NamedChain {
  /** Whether the chain began in this run. */
  readonly fresh: boolean
}

/** Reads the chains of this machine's key. */
export interface ChainReader {
  /** Returns the last action after `from`; null if the chain does not hold `from`. */
  headAfter(dna: DnaHash, from: ActionHash | null): Promise<ActionHash | null>
  /** Whether the chain holds the action at this place or a later one. */
  reaches(dna: DnaHash, seq: number): Promise<boolean>
  /** Whether the chain has no gap. */
  isWhole(dna: DnaHash): Promise<boolean>
}

/** A chain that was written to, and its last known action. */
export interface WrittenChain {
  readonly dna: DnaHash
  readonly head: ActionHash
}

interface Watched extends NamedChain {
  /** Whether the chain began or was cleared in this run. Peers can then hold no more of it than was written here since. */
  settled: boolean
  head: ActionHash | null
  /** Whether the remembered head is here, with no gap before it. */
  holds: boolean
  /** The place of the last own action that a peer holds and this machine does not. */
  claimed: number | null
  standing: ChainVerdict
}

/**
 * Keeps this machine from forking its own chains. Before the first write of a run, each chain is compared with the head
 * remembered outside the data folder, and with the peers' copies. A chain that lacks own actions is not written to. Gossip
 * brings the actions back, and then the chain is clear again.
 */
export class ForkGuard implements Disposable {
  readonly #book: () => ChainHeadStore
  readonly #onUnnoted: (error: unknown) => void
  readonly #chains = new Map<DnaHash, Watched>()
  readonly #handlers = new Set<() => void>()
  /** Chains that began or were cleared in this run. */
  readonly #settled = new Set<DnaHash>()
  #reader: ChainReader | null = null
  #stopped: RippleError | null = null
  #paused: RippleError | null = null
  /**
   * The time until which writes wait for the peers' answers, by the monotonic clock in milliseconds. Null before any peer
   * can be asked.
   */
  #decideAt: number | null = null
  #watching = new AbortController()

  /**
   * Creates a guard. `book` returns the chain head store of the current key. `onUnnoted` receives the error when a head could not
   * be written to it.
   */
  constructor(book: () => ChainHeadStore, onUnnoted: (error: unknown) => void) {
    this.#book = book
    this.#onUnnoted = onUnnoted
  }

  /**
   * Begins to check the chains of a new session. These are the chains that are here, and the written chains of the `due`
   * seeds that have no cell here. A seed that has a cell is left out: its other chains were written in another DNA, before
   * an upgrade. Resolves when each chain was compared with its remembered head; the peers' answers follow. Rejects as the
   * reader does.
   */
  async begin(here: readonly Chain[], due: readonly string[], reader: ChainReader): Promise<void> {
    this.#watching.abort()
    const watching = new AbortController()
    this.#watching = watching
    this.#reader = reader
    this.#decideAt = null
    this.#chains.clear()
    const isHere = ({ role, seed }: NamedChain) => here.some((one) => one.role === role && one.seed === seed)
    const missing = due.flatMap((seed) => this.#book().ofSeed(seed)).filter((chain) => !isHere(chain))
    for (const chain of [...here, ...missing.map((one) => ({ ...one, fresh: false }))])
      await this.#look(this.#add(chain, chain.fresh || this.#settled.has(chain.dna)), reader)
    this.#resume()
    void this.#watch(reader, watching.signal)
  }

  /**
   * Returns the chains that this key has written in networks of a seed. A new cell of their DNA would begin a second chain.
   * There are several if the DNA was changed meanwhile.
   */
  written(role: string, seed: string): WrittenChain[] {
    const chains = this.#book()
      .ofSeed(seed)
      .filter((one) => one.role === role)
    return chains.flatMap(({ dna }) => {
      const head = this.#book().get(dna)
      return head ? [{ dna, head: head.hash }] : []
    })
  }

  /** Registers a chain that began in this session, and remembers its head. Rejects as the reader does. */
  async begun(chain: NamedChain): Promise<void> {
    this.#judge(this.#add(chain, true))
    await this.noteHead(chain.dna)
  }

  /**
   * Remembers the head that the conductor holds of a chain, after writes whose answers do not name an action. Without it, a
   * lost chain would be begun a second time. Rejects as the reader does.
   */
  async noteHead(dna: DnaHash): Promise<void> {
    const chain = this.#chains.get(dna)
    if (chain && this.#reader) await this.#read(chain, this.#reader)
  }

  /** Forgets a chain whose cell was left for ever. Actions that it lacks no longer matter. */
  left(dna: DnaHash): void {
    this.#settled.delete(dna)
    const chain = this.#chains.get(dna)
    if (chain === undefined) return
    chain.standing = { type: 'clear' }
    this.#chains.delete(dna)
    for (const handler of this.#handlers) handler()
  }

  #add({ role, seed, dna }: NamedChain, settled: boolean): Watched {
    const begun = { role, seed, dna, settled, head: null, holds: true, claimed: null }
    const watched: Watched = { ...begun, standing: { type: 'checking' } }
    this.#chains.set(dna, watched)
    return watched
  }

  /** Resolves when a chain may be written to. Rejects with `RIPPLE_CHAIN_BEHIND`. */
  async allow(dna: DnaHash, signal: AbortSignal): Promise<void> {
    for (;;) {
      this.refuseUnsound()
      const chain = this.#chains.get(dna)
      if (chain === undefined || chain.standing.type === 'clear') return
      if (chain.standing.type === 'behind') throw refusal(chain.role, chain.standing.missing)
      await this.#changed(signal)
    }
  }

  /**
   * Does as `allow` for the writes that a cell without credentials needs before its first call. Until then the cards that
   * name the peers cannot be read. So the remembered head decides alone until a peer can be asked.
   */
  async allowGrants(dna: DnaHash, signal: AbortSignal): Promise<void> {
    const unasked = this.#decideAt === null && this.#chains.get(dna)?.standing.type === 'checking'
    if (!unasked) await this.allow(dna, signal)
  }

  /** Remembers the action of a write's answer, if the answer is an event, an action's hash or a list of them. */
  wrote(dna: DnaHash, answer: unknown): void {
    const chain = this.#chains.get(dna)
    const last: unknown = Array.isArray(answer) ? answer.at(-1) : answer
    const hash = last instanceof Object && 'hash' in last ? last.hash : last
    if (chain && typeof hash === 'string' && hash.startsWith('uhCkk')) this.#note(chain, hash)
  }

  /** Returns why nothing is written at present; null if all chains are clear or still being compared. */
  refusal(): RippleError | null {
    if (this.#unsound) return this.#unsound
    for (const { role, standing } of this.#chains.values())
      if (standing.type === 'behind') return refusal(role, standing.missing)
    return null
  }

  /** Whether a chain waits for the peers' answers. */
  checking(): boolean {
    return [...this.#chains.values()].some(({ standing }) => standing.type === 'checking')
  }

  /** Records that a peer can be asked from now on, or was asked: writes wait `waitMs` more for the answers. */
  asking(waitMs: number): void {
    this.#decideAt = performance.now() + waitMs
  }

  /** Returns the heads of the chains about which peers should be asked. */
  questions(): WrittenChain[] {
    return [...this.#chains.values()].flatMap(({ dna, head, settled }) =>
      head === null || settled ? [] : [{ dna, head }],
    )
  }

  /**
   * Takes a peer's answer: the place of the last own action that it holds after the head in question. An answer about a
   * chain that is decided already is ignored. Rejects as the reader does.
   */
  async hear(dna: DnaHash, seq: number): Promise<void> {
    const chain = this.#chains.get(dna)
    if (chain === undefined || chain.settled || this.#reader === null) return
    // The action may have arrived since the question.
    if (await this.#reader.reaches(dna, seq)) return
    chain.claimed = Math.max(chain.claimed ?? 0, seq)
    this.#judge(chain)
  }

  /** Decides each chain by what is known of it, because no further answer will come. */
  decide(): void {
    this.#decideAt = performance.now()
    for (const chain of this.#chains.values()) this.#judge(chain)
  }

  /** Refuses all writes of this run from now on, for a reason that no chain shows. */
  stop(reason: RippleError): void {
    if (this.#stopped) return
    this.#stopped = reason
    for (const handler of this.#handlers) handler()
  }

  /**
   * Refuses all writes until another session begins, because what the conductor answers now may be lost. No head is
   * remembered meanwhile: no chain might hold that head later.
   */
  pause(reason: RippleError): void {
    if (this.#paused) return
    this.#paused = reason
    for (const handler of this.#handlers) handler()
  }

  /** Throws the reason if nothing at all may be written now, whatever is known of the chains. */
  refuseUnsound(): void {
    if (this.#unsound) throw this.#unsound
  }

  /** The reason why nothing at all may be written now; null if only single chains may be blocked. */
  get #unsound(): RippleError | null {
    return this.#stopped ?? this.#paused
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = null
    for (const handler of this.#handlers) handler()
  }

  /** Calls back whenever a chain's standing changes. The returned function ends that. */
  onChange(handler: () => void): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  [Symbol.dispose](): void {
    this.#watching.abort()
  }

  /** Checks the chains that may not be written to yet, again and again, until all may be: a clear chain stays clear. */
  async #watch(reader: ChainReader, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && [...this.#chains.values()].some(({ standing }) => standing.type !== 'clear')) {
      await sleep(limits.head_look_ms, undefined, { signal }).catch(() => {})
      for (const chain of this.#chains.values()) {
        if (signal.aborted) return
        // A lost conductor is noticed elsewhere, and its next session is checked from the beginning.
        if (chain.standing.type !== 'clear') await this.#look(chain, reader).catch(() => {})
      }
    }
  }

  async #look(chain: Watched, reader: ChainReader): Promise<void> {
    await this.#read(chain, reader)
    this.#judge(chain)
  }

  async #read(chain: Watched, reader: ChainReader): Promise<void> {
    const { claimed, dna } = chain
    const remembered = this.#book().get(dna)?.hash ?? null
    const head = await reader.headAfter(dna, remembered)
    const found = remembered === null || head !== null
    const reached = claimed === null || (await reader.reaches(dna, claimed))
    // This check reads the whole chain, so it runs only if nothing else is missing.
    const gap = chain.standing.type === 'behind' && found && reached && !(await reader.isWhole(dna))
    chain.holds = found && !gap
    // An answer that came during the check is looked for next time. Clearing it here would clear the chain.
    if (reached && !gap && chain.claimed === claimed) chain.claimed = null
    chain.head = head ?? chain.head ?? (await reader.headAfter(dna, null))
    if (head !== null && head !== remembered) this.#note(chain, head)
  }

  #judge(chain: Watched): void {
    const before = chain.standing
    const remembered = this.#book().get(chain.dna)?.hash ?? null
    chain.standing = judgeChain({ ...chain, remembered, decideAt: this.#decideAt }, performance.now())
    if (chain.standing.type === 'clear') {
      chain.settled = true
      this.#settled.add(chain.dna)
    }
    if (chain.standing.type !== before.type) for (const handler of this.#handlers) handler()
  }

  /** Never throws: the action is written. A remembered head that is behind does no harm, but a repeated write would. */
  #note(chain: NamedChain, hash: ActionHash): void {
    if (this.#paused) return
    try {
      this.#book().note(chain, { hash, at: Date.now() })
    } catch (thrown) {
      this.#onUnnoted(thrown)
    }
  }

  /** Resolves at the next change of a standing, or after `limits.head_look_ms`. */
  async #changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const off = this.onChange(resolve)
    try {
      await Promise.race([promise, sleep(limits.head_look_ms, undefined, { signal, ref: false })])
    } finally {
      off()
      signal.throwIfAborted()
    }
  }
}

function refusal(role: string, missing: ActionHash): RippleError {
  return new RippleError('RIPPLE_CHAIN_BEHIND', { role, missing })
}
