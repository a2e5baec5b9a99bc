import type { ActionHash, AgentKey, DnaHash, EventOf, MeshEvent, Millis } from '../types/events.ts'
import type { Message, RefusalCode } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'
import type { Held, RunRecord } from './held.ts'
import type { PastEnd, ResultSeen } from './posted.ts'
import type { Survey } from './standby.ts'

/** Everything that can happen to a daemon. `at` is its own clock. */
export type Happening =
  /** An own entry stands on the chain: just written, or read back. */
  | { readonly type: 'committed'; readonly event: MeshEvent; readonly at: Millis }
  /** A peer's message arrived. A payload comes as `payload_arrived` instead, once its digest was checked. */
  | {
      readonly type: 'message_received'
      readonly from: AgentKey
      readonly message: Message
      readonly at: Millis
    }
  /** This machine has done nothing for a while, because it slept or stood still: what it knows of others is old. */
  | { readonly type: 'resumed'; readonly at: Millis }
  /** The cards and beats that are known now, this machine's own card included. */
  | { readonly type: 'peers_seen'; readonly peers: readonly Peer[]; readonly at: Millis }
  /** Something that the plan asked for was begun. */
  | {
      readonly type: 'begun'
      readonly owner: string
      readonly verb: string
      readonly tries: number
      readonly at: Millis
    }
  /** It ended, well or not. */
  | {
      readonly type: 'ended'
      readonly owner: string
      readonly verb: string
      readonly tries: number
      readonly ok: boolean
    }
  /** The task of this key may be run by one agent alone. */
  | { readonly type: 'only_wanted'; readonly id: string; readonly agent: AgentKey }
  /** The poster's person does not want it any more. */
  | { readonly type: 'cancel_wanted'; readonly task: ActionHash }
  /** Results that the DHT holds for an own task. */
  | {
      readonly type: 'results_found'
      readonly task: ActionHash
      readonly events: readonly MeshEvent[]
      readonly at: Millis
    }
  /** A Result that its worker had named and has handed over; it is valid, and the DHT does not have it here yet. */
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
  /** A checked result that was kept across a restart. */
  | { readonly type: 'result_restored'; readonly task: ActionHash; readonly seen: ResultSeen }
  /** A new round of offers begins. */
  | { readonly type: 'round_begun'; readonly task: ActionHash; readonly at: Millis }
  /** A peer was asked. */
  | { readonly type: 'offered'; readonly task: ActionHash; readonly to: AgentKey; readonly at: Millis }
  /** A task that this machine was asked to run, or holds a grant of, has arrived. */
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
  /** A grant stands in the journal. */
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
  /** The engine has begun a run, and has read and generated so much. */
  | {
      readonly type: 'run_progressed'
      readonly grant: ActionHash
      readonly tokens_in: number
      readonly tokens_out: number
    }
  /** A run ended and its record stands in the journal. */
  | {
      readonly type: 'run_finished'
      readonly grant: ActionHash
      readonly run: RunRecord
      readonly at: Millis
    }
  /** A grant is of no more use: what was kept for it is gone, and it is forgotten. */
  | {
      readonly type: 'settled'
      readonly grant: ActionHash
      readonly why: 'closed' | 'superseded' | 'stale' | 'not_ours' | 'released'
    }
  /** A grant that was held before a restart. */
  | { readonly type: 'restored'; readonly held: Held; readonly at: Millis }
  /** Tasks that allow fallback were looked for; `next` is the time bucket to begin with the next time. */
  | {
      readonly type: 'fallbacks_listed'
      readonly events: readonly MeshEvent[]
      readonly next: number
      readonly at: Millis
    }
  /** What the DHT holds of a task that this machine stands by for. */
  | { readonly type: 'surveyed'; readonly task: ActionHash; readonly survey: Survey }
  /** How a task that an own one names ended, of which the journal knows because its epoch was left. */
  | {
      readonly type: 'recalled'
      readonly task: ActionHash
      readonly named: ActionHash
      readonly end: PastEnd
    }
  /** The task that a key stands for is of an epoch that was left, while an open one holds a twin of it. */
  | { readonly type: 'key_left'; readonly id: string; readonly task: ActionHash }
  /** An epoch was left, and what is to be kept of its tasks stands in the journal. */
  | { readonly type: 'epoch_left'; readonly dna: DnaHash }
  /** From now on this machine takes nothing new and gives back what it has not begun; or that is over. */
  | { readonly type: 'draining'; readonly on: boolean }
  /** From now on this machine takes nothing new from others, because its owner's settings say so; or that is over. */
  | { readonly type: 'paused'; readonly on: boolean }
