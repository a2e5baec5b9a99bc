import type { ScenePeer } from './scene.ts'

/** One golden vector, as it is played on a real chain. */
export interface Played {
  readonly entry: unknown
  readonly at: { readonly author: string; readonly dna_hash: string }
  readonly known: readonly { readonly hash: string; readonly author: string; readonly entry: unknown }[]
}

/**
 * Plays a golden vector with real agents: its hashes and keys are made up, so each is replaced by that of what was
 * really written, and of who wrote it.
 */
export class Stage {
  readonly #agents: readonly ScenePeer[]
  readonly #cast: Map<string, ScenePeer>
  readonly #names = new Map<string, string>()

  constructor(vector: Played, agents: readonly ScenePeer[]) {
    this.#agents = agents
    this.#cast = new Map()
    const text = JSON.stringify(vector)
    for (const [key] of text.matchAll(/uhCAk[0-9A-Za-z_-]{48}/g)) this.#play(key)
    this.#names.set(vector.at.dna_hash, agents[0]?.dnaHash ?? '')
  }

  /** Writes the events before, each after those that it names, as far as they can be written. */
  async prepare(known: Played['known']): Promise<void> {
    const waiting = [...known]
    for (;;) {
      const index = waiting.findIndex(({ entry }) => this.complete(entry))
      const [next] = index < 0 ? [] : waiting.splice(index, 1)
      if (next === undefined) return
      const written = await this.write(next.author, next.entry).catch(() => null)
      if (written !== null) this.#names.set(next.hash, written)
    }
  }

  /** Whether everything that an entry names has been written. */
  complete(entry: unknown): boolean {
    const hashes = JSON.stringify(entry).matchAll(/uhCkk[0-9A-Za-z_-]{48}/g)
    return [...hashes].every(([hash]) => this.#names.has(hash))
  }

  /** Writes an entry as one of the vector's authors and gives its hash. Rejects as the conductor does. */
  async write(author: string, entry: unknown): Promise<string> {
    let text = JSON.stringify(entry)
    for (const [madeUp, real] of this.#names) text = text.replaceAll(madeUp, real)
    const writer = this.#cast.get(author)
    if (writer === undefined) throw new TypeError(`nobody plays ${author}`)
    return writer.raw<string>('raw_entry', JSON.parse(text))
  }

  #play(key: string): void {
    const agent = this.#cast.get(key) ?? this.#agents[this.#cast.size]
    if (agent === undefined) return
    this.#cast.set(key, agent)
    this.#names.set(key, agent.agent)
  }
}
