import type { MeshEntry } from '../../zomes-bindings/generated/MeshEntry.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'
import type { Dht } from './port.ts'
import type { CallZome } from './zome-call.ts'

/** The port over a conductor's `resource_mesh` cell. Its answers come from the peer's own, pinned zomes. */
export class HolochainDht implements Dht {
  readonly agent: AgentKey
  readonly dnaHash: DnaHash
  readonly #call: CallZome

  constructor(agent: AgentKey, dnaHash: DnaHash, call: CallZome) {
    this.agent = agent
    this.dnaHash = dnaHash
    this.#call = call
  }

  commit(entry: MeshEntry, signal: AbortSignal): Promise<ActionHash> {
    return this.#scheduling('commit', entry, signal)
  }

  ownEvents(after: number, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling('own_events', after, signal)
  }

  get(hash: ActionHash, signal: AbortSignal): Promise<MeshEvent | null> {
    return this.#scheduling('get_event', hash, signal)
  }

  results(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling('task_results', task, signal)
  }

  closes(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling('task_closes', task, signal)
  }

  eventsBy(author: AgentKey, task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling('events_by', { author, task }, signal)
  }

  holders(hash: ActionHash, signal: AbortSignal): Promise<number> {
    return this.#scheduling('holders', hash, signal)
  }

  signed(hash: ActionHash, signal: AbortSignal): Promise<SignedBytes | null> {
    return this.#scheduling('signed', hash, signal)
  }

  async #scheduling<T>(fn: string, payload: unknown, signal: AbortSignal): Promise<T> {
    return (await this.#call('resource_mesh', 'scheduling', fn, payload, signal)) as T
  }
}
