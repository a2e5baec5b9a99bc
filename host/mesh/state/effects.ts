/** Defines the effects of a daemon, and the plan that lists them. */
import type { Paced, PlanItem as PlanItemOf, Plan as PlanOf } from '../../planning/planner.ts'
import type { ActionHash, AgentKey, EntryOf, Millis } from '../../types/events.ts'
import type { Message, RefusalCode } from '../../types/message.ts'

/** Something for a daemon to do. Most effects name the record that they are about; the code that runs them reads the rest from the state. */
export type TaskEffect =
  /** Poster: write the next event of the own list. Stand-in: claim. */
  | {
      readonly type: 'commit'
      readonly entry: EntryOf<'Grant'> | EntryOf<'Close'> | EntryOf<'FallbackClaim'>
    }
  /** Poster: fetch an output and check it against its Result. */
  | { readonly type: 'check'; readonly task: ActionHash; readonly authority: ActionHash }
  /** Poster: look for Results that no message has named. */
  | { readonly type: 'look'; readonly task: ActionHash; readonly named: ActionHash | null }
  /** Poster: record how a closed task ended. */
  | { readonly type: 'record'; readonly task: ActionHash }
  /** Poster: look up how the closed tasks ended that this one names. */
  | { readonly type: 'recall'; readonly task: ActionHash; readonly named: readonly ActionHash[] }
  /** Poster: ask a peer. */
  | {
      readonly type: 'offer'
      readonly task: ActionHash
      readonly to: AgentKey
      readonly rank: number
      readonly lease_ms: number
    }
  /** Poster: forget this round's answers and begin again with the best. */
  | { readonly type: 'round'; readonly task: ActionHash }
  /** Poster or worker: send a message that may be lost. */
  | { readonly type: 'send'; readonly to: AgentKey; readonly message: Message }
  /** Worker: get a task from the DHT. */
  | { readonly type: 'fetch_task'; readonly task: ActionHash }
  /** Worker: get a grant from the DHT. */
  | { readonly type: 'fetch_grant'; readonly grant: ActionHash }
  /** Worker: claim or refuse; `until` ends the reservation of a claim. */
  | {
      readonly type: 'answer'
      readonly to: AgentKey
      readonly message: Message
      readonly task: ActionHash
      readonly until: Millis | null
    }
  /** Worker: open the payload that a task carries with it. */
  | { readonly type: 'open_payload'; readonly grant: ActionHash }
  /** Stand-in: look for tasks that allow fallback. */
  | { readonly type: 'list_fallbacks' }
  /** Stand-in: read what the DHT holds of a task. */
  | { readonly type: 'survey'; readonly task: ActionHash }
  /** Worker: write a grant to the journal. */
  | { readonly type: 'journal'; readonly grant: ActionHash }
  /** Worker: run the engine, seal the output and journal both. */
  | { readonly type: 'run'; readonly grant: ActionHash }
  /** Worker: pin the output and write the Result. */
  | { readonly type: 'attest'; readonly grant: ActionHash }
  /** Worker: give back a grant that was not run. */
  | { readonly type: 'release'; readonly grant: ActionHash; readonly reason: RefusalCode }
  /** Worker: stop the run of a grant, delete data that nobody needs, and forget the grant. */
  | {
      readonly type: 'settle'
      readonly grant: ActionHash
      readonly why: 'closed' | 'superseded' | 'stale' | 'not_ours'
    }

/** An effect with the key that paces it: each owner does one effect of a verb at a time. */
export type ScheduledEffect = TaskEffect & Paced

/** The plan for one subject. */
export type Plan = PlanOf<ScheduledEffect>

/** One finding of a rule: an action, or a time to look again. */
export type PlanItem = PlanItemOf<ScheduledEffect>
