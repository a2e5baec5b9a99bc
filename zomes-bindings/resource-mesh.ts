import { RippleError } from '../host/errors/ripple-error.ts'
import type { Allocation, MeshEntry, ResourceOffer, Usage } from './generated/resource-mesh.ts'
import type { Written } from './generated/shared.ts'
import { callsOf, type DnaCall, type ZomeCall } from './zome-call.ts'

/** Functions that write to the own chain. */
export const resourceMeshWrites: readonly string[] = ['commit', 'offer', 'allocate']

/** The signed bytes of an event, as receipts carry them. */
export interface SignedEvent {
  /** The encoded action that the signature covers. */
  readonly action: Uint8Array
  /** The encoded entry that the action's entry hash covers. */
  readonly entry: Uint8Array
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
}

/** What became of bytes that were handed to a peer's conductor. */
type PassedOn =
  | { readonly type: 'delivered' }
  | { readonly type: 'refused' }
  | { readonly type: 'unreachable'; readonly detail: string }

/** Whose offers or allocations, and what still counts. */
export interface OfOwner {
  /** The owner's key; null means this peer. */
  readonly agent: string | null
  /** The reader's clock, in milliseconds since 1970: what has ended by then is left out. */
  readonly now: number
}

/** Which Results are summed: all of this peer's, or those of one task, of all its workers or of one. */
export type UsageScope =
  | { readonly type: 'own' }
  | { readonly type: 'task'; readonly task: string; readonly author: string | null }

/** What Results attest together. */
export interface UsageSum {
  readonly results: number
  /** Tokens and times added up, the largest memory of all. */
  readonly usage: Usage
}

/** A task in the list of its time bucket. */
export interface ListedTask {
  /** Hash of the task. */
  readonly task: string
  /** Who posted it: nobody else can list it. */
  readonly author: string
  /** When it was listed, by its author's clock, in milliseconds since 1970. */
  readonly at: number
}

/** A part of the list of a time bucket. */
export interface BucketPage {
  /** `floor(created_at / BUCKET_MS)` of its tasks. */
  readonly bucket: number
  /** The task after which it begins; null for the beginning. */
  readonly after: Pick<ListedTask, 'at' | 'task'> | null
  /** How many tasks are wanted. */
  readonly most: number
}

/** Tasks and their events. Reads tell what has arrived here: null and shorter lists mean 'not here yet'. */
export interface Scheduling {
  /** Writes an entry and the links that the protocol gives it; resolves to the event that it has become. */
  commit(entry: MeshEntry, signal: AbortSignal): Promise<Written<MeshEntry>>
  /** Own events above a place on the chain, oldest first. */
  ownEvents(after: number, signal: AbortSignal): Promise<Written<MeshEntry>[]>
  getEvent(hash: string, signal: AbortSignal): Promise<Written<MeshEntry> | null>
  taskResults(task: string, signal: AbortSignal): Promise<Written<MeshEntry>[]>
  taskCloses(task: string, signal: AbortSignal): Promise<Written<MeshEntry>[]>
  /** Grants and Closes of one author for one task, by their place on its chain. */
  eventsBy(author: string, task: string, signal: AbortSignal): Promise<Written<MeshEntry>[]>
  /** How many other peers have confirmed that they hold an own event. */
  holders(hash: string, signal: AbortSignal): Promise<number>
  signed(hash: string, signal: AbortSignal): Promise<SignedEvent | null>
  /** Names tasks with fallback of one time bucket, oldest first; never more than the zome gives at a time. */
  openFallbackTasks(page: BucketPage, signal: AbortSignal): Promise<ListedTask[]>
  /**
   * Hands bytes to another peer's daemon through its conductor. Rejects with `RIPPLE_PEER_UNREACHABLE` when its
   * conductor did not take them; that it did says nothing of the daemon.
   */
  passOn(to: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
}

/** Offers of a machine's resources and shares of them. */
export interface Resources {
  /** Offers resources of this machine; resolves to the action's hash. */
  offer(offer: ResourceOffer, signal: AbortSignal): Promise<string>
  offers(of: OfOwner, signal: AbortSignal): Promise<Written<ResourceOffer>[]>
  /** Gives a share of an own offer; the same `allocation_id` again gives the first one's hash. */
  allocate(allocation: Allocation, signal: AbortSignal): Promise<string>
  allocations(of: OfOwner, signal: AbortSignal): Promise<Written<Allocation>[]>
}

/** What work has cost. */
export interface Accounting {
  /** Adds up what Results attest. */
  usage(scope: UsageScope, signal: AbortSignal): Promise<UsageSum>
}

/** `resource_mesh`: tasks, resources, and what work has cost. */
export interface ResourceMesh {
  readonly scheduling: Scheduling
  readonly resources: Resources
  readonly accounting: Accounting
}

/** The client of `resource_mesh`. Every call rejects as `call` does. */
export function resourceMesh(call: ZomeCall): ResourceMesh {
  const ask = callsOf('resource_mesh', call)
  return {
    scheduling: scheduling(ask),
    resources: {
      offer: (offer, signal) => ask('resources', 'offer', offer, signal),
      offers: (of, signal) => ask('resources', 'offers', of, signal),
      allocate: (allocation, signal) => ask('resources', 'allocate', allocation, signal),
      allocations: (of, signal) => ask('resources', 'allocations', of, signal),
    },
    accounting: {
      usage: (scope, signal) => ask('accounting', 'usage', scope, signal),
    },
  }
}

function scheduling(ask: DnaCall): Scheduling {
  const zome = 'scheduling'
  return {
    commit: (entry, signal) => ask(zome, 'commit', entry, signal),
    ownEvents: (after, signal) => ask(zome, 'own_events', after, signal),
    getEvent: (hash, signal) => ask(zome, 'get_event', hash, signal),
    taskResults: (task, signal) => ask(zome, 'task_results', task, signal),
    taskCloses: (task, signal) => ask(zome, 'task_closes', task, signal),
    eventsBy: (author, task, signal) => ask(zome, 'events_by', { author, task }, signal),
    holders: (hash, signal) => ask(zome, 'holders', hash, signal),
    signed: (hash, signal) => ask(zome, 'signed', hash, signal),
    openFallbackTasks: (page, signal) => ask(zome, 'open_fallback_tasks', page, signal),
    passOn: async (to, bytes, signal) => {
      const outcome = await ask<PassedOn>(zome, 'pass_on', { to, bytes }, signal)
      if (outcome.type === 'delivered') return
      const detail = outcome.type === 'refused' ? 'its conductor refused the message' : outcome.detail
      throw new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: to, detail })
    },
  }
}
