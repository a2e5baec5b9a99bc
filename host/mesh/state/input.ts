/** Defines the inputs that change the state of a daemon. */
import type { LoopInput } from '../../planning/planner.ts'
import type { Taken } from '../../types/allocation.ts'
import type { ActionHash, AgentKey, DnaHash, EventOf, MeshEvent, Millis } from '../../types/events.ts'
import type { Message, RefusalCode } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import type { Held, RunRecord, Survey } from './held.ts'
import type { PastEnd, ResultSeen } from './posted.ts'

/** Everything that can happen to a daemon. `at` is its own clock. */
export type MeshInput =
  | LoopInput
  /**
   * An own entry is on the chain: just written, or read back. `known` names the recorded task that a Task is, or whose key
   * it has.
   */
  | {
      readonly type: 'committed'
      readonly event: MeshEvent
      readonly at: Millis
      readonly known?: ActionHash | null
    }
  /** The journal has the record of a closed task. */
  | { readonly type: 'recorded'; readonly task: ActionHash }
  /** A peer's message arrived. A payload comes as `payload_arrived` instead, once its digest was checked. */
  | {
      readonly type: 'message_received'
      readonly from: AgentKey
      readonly message: Message
      readonly at: Millis
    }
  /** The cards and beats that are known now, including this machine's own card. */
  | { readonly type: 'peers_seen'; readonly peers: readonly Peer[]; readonly at: Millis }
  /** Only one agent may run the task of this key. */
  | { readonly type: 'only_wanted'; readonly id: string; readonly agent: AgentKey }
  /** None of these agents may run the task of this key. */
  | { readonly type: 'except_wanted'; readonly id: string; readonly agents: readonly AgentKey[] }
  /** The person who posted the task has cancelled it. */
  | { readonly type: 'cancel_wanted'; readonly task: ActionHash }
  /** Results that the DHT holds for an own task. */
  | {
      readonly type: 'results_found'
      readonly task: ActionHash
      readonly events: readonly MeshEvent[]
      readonly at: Millis
    }
  /** A valid Result that its worker has named and handed over, before the DHT has brought it here. */
  | {
      readonly type: 'result_handed'
      readonly task: ActionHash
      readonly event: EventOf<'Result'>
      readonly at: Millis
    }
  /** An output was checked. */
  | {
      readonly type: 'checked'
      readonly task: ActionHash
      readonly authority: ActionHash
      readonly verdict: NonNullable<ResultSeen['verdict']>
    }
  /** A checked result was restored after a restart. */
  | { readonly type: 'result_restored'; readonly task: ActionHash; readonly seen: ResultSeen }
  /** A new round of offers begins. */
  | { readonly type: 'round_begun'; readonly task: ActionHash; readonly at: Millis }
  /** A peer was asked. */
  | { readonly type: 'offered'; readonly task: ActionHash; readonly to: AgentKey; readonly at: Millis }
  /** A task has arrived that this machine was asked to run, or holds a grant of. */
  | { readonly type: 'task_fetched'; readonly event: EventOf<'Task'> }
  /** An offer was answered: `until` ends the reservation of a claim, `refused` says why it was refused; the other is null. */
  | {
      readonly type: 'answered'
      readonly task: ActionHash
      readonly poster: AgentKey
      readonly until: Millis | null
      readonly refused: RefusalCode | null
      readonly at: Millis
    }
  /** A grant has arrived. */
  | { readonly type: 'grant_fetched'; readonly event: EventOf<'Grant'> }
  /** A grant was written to the journal. */
  | { readonly type: 'held_journalled'; readonly grant: ActionHash }
  /** The payload of a grant arrived and has the digest that the task names. */
  | {
      readonly type: 'payload_arrived'
      readonly grant: ActionHash
      readonly payload: Uint8Array
      /** The text of the answer so far, and its salted digest; empty and null for a new answer. */
      readonly prefix: string
      readonly prefix_digest: string | null
    }
  /** The engine has begun a run; the counts are the tokens that it has read and generated so far. */
  | {
      readonly type: 'run_progressed'
      readonly grant: ActionHash
      readonly tokens_in: number
      readonly tokens_out: number
    }
  /** A run ended, and its record is in the journal. */
  | {
      readonly type: 'run_finished'
      readonly grant: ActionHash
      readonly run: RunRecord
      readonly at: Millis
    }
  /** A grant is not needed any more: its data was deleted, and it is forgotten. */
  | {
      readonly type: 'settled'
      readonly grant: ActionHash
      readonly why: 'closed' | 'superseded' | 'stale' | 'not_ours' | 'released'
    }
  /** A grant that was held before a restart is held again. */
  | { readonly type: 'restored'; readonly held: Held; readonly at: Millis }
  /** The tasks that allow fallback were listed; the next list begins at the time bucket `next`. */
  | {
      readonly type: 'fallbacks_listed'
      readonly events: readonly MeshEvent[]
      readonly next: number
      readonly at: Millis
    }
  /** The DHT was read for a task that this machine stands by for. */
  | { readonly type: 'surveyed'; readonly task: ActionHash; readonly survey: Survey }
  /** The end of a closed task that an own task names. */
  | {
      readonly type: 'recalled'
      readonly task: ActionHash
      readonly named: ActionHash
      readonly end: PastEnd
    }
  /** An epoch was left. */
  | { readonly type: 'epoch_left'; readonly dna: DnaHash }
  /** Draining begins or ends. A machine that drains takes nothing new and gives back each grant that it has not begun. */
  | { readonly type: 'draining'; readonly on: boolean }
  /** What is allocated now, by the owner's machine. */
  | { readonly type: 'allocated'; readonly allocated: ReadonlyMap<AgentKey, readonly Taken[]> }
  /** A pause begins or ends. By its owner's settings, a paused machine takes nothing new from others. */
  | { readonly type: 'paused'; readonly on: boolean }
