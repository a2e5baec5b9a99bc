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

  /** Writes an entry as one of the vector's authors; null when it names something that was not written. */
  async write(author: string, entry: unknown): Promise<string | null> {
    let text = JSON.stringify(entry)
    const missing = [...text.matchAll(/uhCkk[0-9A-Za-z_-]{48}/g)].some(([hash]) => !this.#names.has(hash))
    const writer = this.#cast.get(author)
    if (missing || writer === undefined) return null
    for (const [madeUp, real] of this.#names) text = text.replaceAll(madeUp, real)
    return writer.raw<string>('raw_entry', JSON.parse(text))
  }

  /** Says what a made-up hash stands for. */
  rename(madeUp: string, real: string): void {
    this.#names.set(madeUp, real)
  }

  #play(key: string): void {
    const agent = this.#cast.get(key) ?? this.#agents[this.#cast.size]
    if (agent === undefined) return
    this.#cast.set(key, agent)
    this.#names.set(key, agent.agent)
  }
}
