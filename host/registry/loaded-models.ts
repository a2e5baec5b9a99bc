import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'

/** Which models peers have in memory, by what each said in its last beat by stream. A beat by signal does not tell. */
export class LoadedModels {
  readonly #said = new Map<AgentKey, readonly string[]>()

  /** Takes the word of a peer: sha256 of each file. Of too many agents the newest are kept. */
  hear(from: AgentKey, loaded: readonly string[]): void {
    this.#said.delete(from)
    this.#said.set(from, loaded)
    const [oldest] = this.#said.keys()
    if (this.#said.size > limits.presence_agents_max && oldest !== undefined) this.#said.delete(oldest)
  }

  /** What a peer said last; empty where it has said nothing. */
  of(agent: AgentKey): readonly string[] {
    return this.#said.get(agent) ?? []
  }
}
