/** Implements the DHT port over one cell of a conductor. */
import type { MeshEntry } from '../../zomes-bindings/generated/resource-mesh.ts'
import {
  type BucketPage,
  type ListedTask,
  type Resources,
  resourceMesh,
  type Scheduling,
  type ZomeCall,
} from '../../zomes-bindings/index.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'
import type { Dht } from './port.ts'

/** The DHT port over a conductor's `resource_mesh` cell. */
export class HolochainDht implements Dht {
  readonly agent: AgentKey
  readonly dnaHash: DnaHash
  readonly dnaHashes: readonly DnaHash[]
  /** Offers and allocations of this cell. */
  readonly resources: Resources
  readonly #scheduling: Scheduling

  constructor(agent: AgentKey, dnaHash: DnaHash, call: ZomeCall) {
    this.agent = agent
    this.dnaHash = dnaHash
    this.dnaHashes = [dnaHash]
    const { scheduling, resources } = resourceMesh(call)
    this.#scheduling = scheduling
    this.resources = resources
  }

  commit(entry: MeshEntry, signal: AbortSignal): Promise<MeshEvent> {
    return this.#scheduling.commit(entry, signal)
  }

  async ownEvents(dna: DnaHash, after: number, signal: AbortSignal): Promise<MeshEvent[]> {
    return dna === this.dnaHash ? this.#scheduling.ownEvents(after, signal) : []
  }

  get(hash: ActionHash, signal: AbortSignal): Promise<MeshEvent | null> {
    return this.#scheduling.getEvent(hash, signal)
  }

  results(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling.taskResults(task, signal)
  }

  closes(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling.taskCloses(task, signal)
  }

  async fallbackTasks(dna: DnaHash, page: BucketPage, signal: AbortSignal): Promise<ListedTask[]> {
    return dna === this.dnaHash ? this.#scheduling.openFallbackTasks(page, signal) : []
  }

  eventsBy(author: AgentKey, task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]> {
    return this.#scheduling.eventsBy(author, task, signal)
  }

  /** Sends bytes to a peer's daemon through both conductors. Rejects with `RIPPLE_PEER_UNREACHABLE`. */
  passOn(to: AgentKey, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.#scheduling.passOn(to, bytes, signal)
  }

  holders(hash: ActionHash, signal: AbortSignal): Promise<number> {
    return this.#scheduling.holders(hash, signal)
  }

  signed(hash: ActionHash, signal: AbortSignal): Promise<SignedBytes | null> {
    return this.#scheduling.signed(hash, signal)
  }
}
