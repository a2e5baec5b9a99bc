/** Declares the port by which the work loop reads and writes `resource_mesh`. */
import type { MeshEntry } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { BucketPage, ListedTask } from '../../zomes-bindings/index.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'

/**
 * The work loop's access to `resource_mesh`. `holochain.ts` implements it for one cell of a conductor, `memory.ts` for
 * simulation, and `epoch-dht.ts` for the cells of several epochs together.
 *
 * Reads answer from what has arrived here: `null` and shorter lists mean 'not here yet', never 'does not exist'. Every call
 * rejects with `RIPPLE_DHT_UNAVAILABLE` when the engine does not answer. The write may then have happened all the same, so
 * a writer looks at `ownEvents` before it tries again. A call rejects with `RIPPLE_CONDUCTOR_DOWN` if there is no engine to
 * call; nothing was written then.
 */
export interface Dht {
  /** This peer's key. */
  readonly agent: AgentKey
  /** The DNA of the `resource_mesh` that new tasks go to: the current epoch's. */
  readonly dnaHash: DnaHash
  /** The DNA of every open `resource_mesh`, oldest epoch first. Each has a chain of its own. */
  readonly dnaHashes: readonly DnaHash[]
  /**
   * Writes one entry to the own chain of the DNA that it names. The same commit writes the links of the protocol: from the
   * task for a Result and a Close, from its time bucket for a fallback Task. Resolves to the event of the entry. Rejects
   * with `RIPPLE_DHT_REFUSED` when validation refuses the entry. Rejects with `RIPPLE_EVENT_UNKNOWN` when an event that the
   * entry names has not arrived here yet; the write may be tried again.
   */
  commit(entry: MeshEntry, signal: AbortSignal): Promise<MeshEvent>
  /**
   * Returns own events on the chain of one DNA with a `seq` above `after`, oldest first. Strongly consistent: it reads the
   * own chain. Empty for a DNA that is not open here.
   */
  ownEvents(dna: DnaHash, after: number, signal: AbortSignal): Promise<MeshEvent[]>
  /** Returns one event by its hash. If the event has not arrived, its holders are asked. */
  get(hash: ActionHash, signal: AbortSignal): Promise<MeshEvent | null>
  /** Returns the Results linked from a task. */
  results(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]>
  /** Returns the Closes linked from a task. */
  closes(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]>
  /**
   * Returns tasks of one DNA and time bucket that allow fallback, oldest first. Returns as many as the page wants, which
   * are 1,000 at most, and fewer only at the end. A task that arrives late may stand before those already read. Empty for a
   * DNA that is not open here.
   */
  fallbackTasks(dna: DnaHash, page: BucketPage, signal: AbortSignal): Promise<ListedTask[]>
  /** Returns the Grants and Closes of one author for one task, by `seq`. Siblings of a receipt are found this way. */
  eventsBy(author: AgentKey, task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]>
  /** Returns the number of peers that confirmed to hold the event (validation receipts); 0 means 'only here yet'. */
  holders(hash: ActionHash, signal: AbortSignal): Promise<number>
  /** Returns the signed bytes of an event, or null if it has not arrived. */
  signed(hash: ActionHash, signal: AbortSignal): Promise<SignedBytes | null>
}
