/** Implements the DHT port in memory, for simulations. */

import type { Dht } from '../../../host/dht/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Encoded, Rules, WriteAt } from '../../../host/rules/rules.ts'
import type { AlarmClock, Clock } from '../../../host/types/clock.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../../../host/types/events.ts'
import { BUCKET_MS } from '../../../zomes-bindings/generated/limits.ts'
import type { LinkKind, MeshEntry } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { BucketPage, ListedTask } from '../../../zomes-bindings/index.ts'

/**
 * The part of the rules that an in-memory network needs: it judges entries and links, and encodes events as a chain would.
 */
export type MemoryRules = Pick<Rules, 'checkEntry' | 'checkLink' | 'encodeEvent'>

/** The parameters of an in-memory network. Times are milliseconds. */
export interface MemoryNetworkOptions {
  readonly dnaHash: DnaHash
  readonly maxActionSeq: number
  readonly rules: MemoryRules
  readonly clock: AlarmClock
  /** The action that every chain begins with. */
  readonly root: ActionHash
  /** Returns the duration of a write. */
  writeMs(): number
  /** Returns the delay of an event between two peers; null while they are cut off, and the network asks again later. */
  arrivalMs(from: AgentKey, to: AgentKey): number | null
}

/** Milliseconds between attempts of a cut-off peer to get missed events. */
const gossipMs = 2_000

/** A peer of an in-memory network: its chain, and what has arrived. */
interface Member {
  readonly agent: AgentKey
  readonly chain: MeshEvent[]
  readonly known: Map<ActionHash, MeshEvent>
  readonly byTask: Map<ActionHash, MeshEvent[]>
  /** Tasks that allow fallback, by the time bucket of their creation. */
  readonly byBucket: Map<number, MeshEvent[]>
  readonly clock: Pick<Clock, 'now'>
  sign(action: Uint8Array): Uint8Array
  seq: number
}

/**
 * A DHT in memory, shared by the peers of one process. Entries are judged by the same rules as in the zomes. An event
 * arrives at each peer after a delay of its own, so one peer may read it before another.
 */
export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions
  readonly #members = new Map<AgentKey, Member>()
  /** Encoded events, kept from their writing, because encoding costs more than all else here. */
  readonly #encoded = new Map<ActionHash, Encoded>()

  constructor(options: MemoryNetworkOptions) {
    this.#options = options
  }

  /**
   * Returns a peer's view. Its entries bear the time of its own `clock`, if it has one. Joining again with the same key
   * continues the same chain, as a restarted conductor does.
   */
  join(
    agent: AgentKey,
    sign: (action: Uint8Array) => Uint8Array,
    clock: Pick<Clock, 'now'> = this.#options.clock,
  ): Dht {
    const member = this.#members.get(agent) ?? this.#welcome(newMember(agent, sign, clock))
    return this.#view(member)
  }

  /** Adds a peer, and brings it the events that were written before. */
  #welcome(member: Member): Member {
    for (const { chain } of this.#members.values()) for (const event of chain) this.#carry(event, member)
    this.#members.set(member.agent, member)
    return member
  }

  /** Returns every written event, by author, for a checker. */
  chains(): ReadonlyMap<AgentKey, readonly MeshEvent[]> {
    return new Map([...this.#members].map(([agent, member]) => [agent, member.chain]))
  }

  #view(member: Member): Dht {
    const { dnaHash } = this.#options
    const about = (task: ActionHash) => member.byTask.get(task) ?? []
    return {
      agent: member.agent,
      dnaHash,
      dnaHashes: [dnaHash],
      commit: (entry, signal) => this.#commit(member, entry, signal),
      ownEvents: async (dna, after) =>
        dna === dnaHash ? member.chain.filter((event) => event.seq > after) : [],
      get: async (hash) => member.known.get(hash) ?? null,
      results: async (task) => about(task).filter((event) => event.entry.type === 'Result'),
      closes: async (task) => about(task).filter((event) => event.entry.type === 'Close'),
      fallbackTasks: async (dna, page) => (dna === dnaHash ? listed(member, page) : []),
      eventsBy: async (author, task) =>
        about(task).filter((event) => event.author === author && isPosters(event)),
      holders: async (hash) =>
        [...this.#members.values()].filter((one) => one !== member && one.known.has(hash)).length,
      signed: async (hash) => this.#signed(member.known.get(hash)),
    }
  }

  async #commit(member: Member, entry: MeshEntry, signal: AbortSignal): Promise<MeshEvent> {
    const { clock, writeMs } = this.#options
    await clock.sleep(writeMs(), signal)
    const kind = linkOf(entry)
    this.#judge(member, entry)
    const event = this.#encode(member, entry)
    if (kind !== null) this.#judgeLink(member, kind, event)
    // A link takes the place on the chain after its entry.
    member.seq += kind === null ? 1 : 2
    member.chain.push(event)
    arrive(member, event)
    for (const other of this.#members.values()) if (other !== member) this.#carry(event, other)
    return event
  }

  #judge(member: Member, entry: MeshEntry): void {
    const at = this.#place(member, member.seq + 1)
    const verdict = this.#options.rules.checkEntry(entry, at, knownTo(member, entry))
    if ('missing' in verdict) throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: verdict.missing })
    if ('refused' in verdict) throw new RippleError('RIPPLE_DHT_REFUSED', { detail: verdict.refused.text })
  }

  #judgeLink(member: Member, kind: LinkKind, event: MeshEvent): void {
    const verdict = this.#options.rules.checkLink(kind, this.#place(member, event.seq + 1), event, 0)
    if ('refused' in verdict) throw new RippleError('RIPPLE_DHT_REFUSED', { detail: verdict.refused.text })
  }

  #place({ agent }: Member, seq: number): WriteAt {
    const { dnaHash, maxActionSeq } = this.#options
    return { author: agent, seq, dna_hash: dnaHash, max_action_seq: maxActionSeq }
  }

  #encode(member: Member, entry: MeshEntry): MeshEvent {
    const fields = { author: member.agent, seq: member.seq + 1, at: member.clock.now(), entry }
    const encoded = this.#options.rules.encodeEvent({ ...fields, prev_action: this.#options.root })
    const event = { hash: encoded.hash, ...fields }
    this.#encoded.set(event.hash, encoded)
    return event
  }

  #carry(event: MeshEvent, to: Member): void {
    const delay = this.#delay(event, to)
    this.#options.clock.after(delay ?? gossipMs, () => {
      if (delay !== null && this.#delay(event, to) !== null) arrive(to, event)
      else this.#carry(event, to)
    })
  }

  /**
   * Returns the delay of an event to a member: from its author, else from another holder; null while nobody reaches the
   * member.
   */
  #delay(event: MeshEvent, to: Member): number | null {
    const { arrivalMs } = this.#options
    const direct = arrivalMs(event.author, to.agent)
    if (direct !== null) return direct
    for (const { agent, known } of this.#members.values()) {
      const delay = known.has(event.hash) ? arrivalMs(agent, to.agent) : null
      if (delay !== null) return delay
    }
    return null
  }

  #signed(event: MeshEvent | undefined): SignedBytes | null {
    const author = event ? this.#members.get(event.author) : undefined
    const encoded = event ? this.#encoded.get(event.hash) : undefined
    if (!encoded || !author) return null
    const { action, entry } = encoded
    return { action, entry, signature: author.sign(action) }
  }
}

function newMember(agent: AgentKey, sign: Member['sign'], clock: Member['clock']): Member {
  return { agent, chain: [], known: new Map(), byTask: new Map(), byBucket: new Map(), clock, sign, seq: 0 }
}

/** Returns the kind of link that the coordinator zome's `commit` writes with an entry, or null. */
function linkOf(entry: MeshEntry): LinkKind | null {
  if (entry.type === 'Result') return 'task_to_result'
  if (entry.type === 'Close') return 'task_to_close'
  return entry.type === 'Task' && entry.fallback !== null ? 'bucket_to_task' : null
}

function isPosters(event: MeshEvent): boolean {
  return event.entry.type === 'Grant' || event.entry.type === 'Close'
}

function arrive(member: Member, event: MeshEvent): void {
  if (member.known.has(event.hash)) return
  member.known.set(event.hash, event)
  if (event.entry.type === 'Task' && event.entry.fallback) {
    const bucket = Math.floor(event.entry.created_at / BUCKET_MS)
    member.byBucket.set(bucket, [...(member.byBucket.get(bucket) ?? []), event])
  }
  if (!('task' in event.entry)) return
  const list = member.byTask.get(event.entry.task) ?? []
  member.byTask.set(event.entry.task, [...list, event])
}

/** Returns a page of a bucket's list, from the tasks that have arrived. */
function listed(member: Member, { bucket, after, most }: BucketPage): ListedTask[] {
  const tasks = (member.byBucket.get(bucket) ?? []).map(({ hash, author, at }) => ({
    task: hash,
    author,
    at,
  }))
  const further = after ? tasks.filter((one) => byPlace(one, after) > 0) : tasks
  return further.sort(byPlace).slice(0, most)
}

type Place = Pick<ListedTask, 'at' | 'task'>

function byPlace(a: Place, b: Place): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.task === b.task) return 0
  return a.task < b.task ? -1 : 1
}

/** Returns the events that an entry names and the rules may ask for, as far as they have arrived. */
function knownTo(member: Member, entry: MeshEntry): Record<ActionHash, MeshEvent> {
  const known: Record<ActionHash, MeshEvent> = {}
  const add = (hash: ActionHash | null) => {
    const event = hash ? member.known.get(hash) : undefined
    if (event) known[event.hash] = event
    return event
  }
  if ('task' in entry) add(entry.task)
  if ('prev' in entry) add(entry.prev)
  if ('authority' in entry) add(entry.authority)
  if ('offer' in entry) add(entry.offer)
  const result = 'result' in entry ? add(entry.result) : undefined
  if (result?.entry.type === 'Result') add(result.entry.authority)
  return known
}
