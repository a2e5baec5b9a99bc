import type { MeshEntry } from '../../zomes-bindings/generated/MeshEntry.ts'
import type { BucketPage, ListedTask } from '../../zomes-bindings/index.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'

/**
 * What the work loop needs of `resource_mesh`: `holochain.ts` gives it for one cell of a conductor, `memory.ts` in
 * simulation, and `epoch-dht.ts` makes one of the cells of several epochs.
 *
 * Reads answer from what has arrived here: `null` and shorter lists mean 'not here yet', never 'does not exist'.
 * Every call rejects with `RIPPLE_DHT_UNAVAILABLE` when the engine does not answer; the write may then have
 * happened all the same, so a writer looks at `ownEvents` before it tries again. Where there is no engine to call it
 * rejects with `RIPPLE_CONDUCTOR_DOWN`, and nothing was written.
 */
export interface Dht {
  /** This peer's key. */
  readonly agent: AgentKey
  /** The `resource_mesh` that new tasks go to: that of the epoch of now. */
  readonly dnaHash: DnaHash
  /** Every `resource_mesh` that is open here, oldest epoch first. Each has an own chain. */
  readonly dnaHashes: readonly DnaHash[]
  /**
   * Writes one entry to the own chain of the DNA that it names, with the links that the protocol gives it (Result and Close: from the task;
   * a fallback Task: from its time bucket), in one commit. Resolves to the event that the entry has become.
   * Rejects with `RIPPLE_DHT_REFUSED` when validation says no, `RIPPLE_EVENT_UNKNOWN` when an event that the entry
   * names has not arrived here yet: that one may be tried again.
   */
  commit(entry: MeshEntry, signal: AbortSignal): Promise<MeshEvent>
  /**
   * Own events on the chain of one DNA with a `seq` above `after`, oldest first. Strongly consistent: it reads the own
   * chain. Empty for a DNA that is not open here.
   */
  ownEvents(dna: DnaHash, after: number, signal: AbortSignal): Promise<MeshEvent[]>
  /** One event by its hash; where it has not arrived, whoever holds it is asked. */
  get(hash: ActionHash, signal: AbortSignal): Promise<MeshEvent | null>
  /** Results linked from a task. */
  results(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]>
  /** Closes linked from a task. */
  closes(task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]>
  /**
   * Names tasks of one DNA and time bucket that allow fallback, oldest first: as many as the page wants, which are 1,000
   * at most, and fewer only at the end. What arrives late may stand before what was read. Empty for a DNA that is not open here.
   */
  fallbackTasks(dna: DnaHash, page: BucketPage, signal: AbortSignal): Promise<ListedTask[]>
  /** Grants and Closes of one author for one task, by `seq`: how siblings of a receipt are found. */
  eventsBy(author: AgentKey, task: ActionHash, signal: AbortSignal): Promise<MeshEvent[]>
  /** How many peers said that they hold the event (validation receipts); 0 means 'only here yet'. */
  holders(hash: ActionHash, signal: AbortSignal): Promise<number>
  /** The signed bytes of an event, or null where it has not arrived. */
  signed(hash: ActionHash, signal: AbortSignal): Promise<SignedBytes | null>
}
