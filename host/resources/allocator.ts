/** Allocates shares of this machine, and ends them. */
import type { NodeCapability } from '../../zomes-bindings/generated/agent-registry.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { resourceLimits } from '../limits/resources.ts'
import type { Emit } from '../telemetry/events.ts'
import { MODEL_TAG } from '../types/allocation.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { Gate } from '../types/decision.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { AllocateInput } from '../types/policy-input.ts'
import { type Principal, principalFact } from '../types/principal.ts'
import type { ResourceAsk } from '../types/resource-ask.ts'
import { covers, isNothing, nothing } from './amounts.ts'
import type { Ledger } from './ledger.ts'
import type { OwnOfferKeeper } from './own-offer.ts'
import { entryKey, freeOf, isRunning, lastEntries, type Running } from './running.ts'

/** A question for a share. */
export type AllocateAsk = Extract<ResourceAsk, { op: 'allocate' }>

/** Parts that the allocator uses. */
export interface AllocatorNeeds {
  readonly self: AgentKey
  readonly ledger: Ledger
  readonly offer: Pick<OwnOfferKeeper, 'current'>
  readonly gate: Gate
  readonly clock: Pick<AlarmClock, 'now' | 'after'>
  readonly emit: Emit
  /** Where holders reach this machine. */
  readonly endpoint: string
  /** This machine's card; null until it is there. */
  card(): NodeCapability | null
  /** Why nothing is allocated to others now, in words; null if something may be. */
  unwilling(): string | null
  /** Called when the running allocations have changed. */
  changed(): void
}

const HOUR_MS = 3_600_000

/** The allocations that this machine gave. Its chain holds them; one change is made at a time. */
export class Allocator implements Disposable {
  readonly #needs: AllocatorNeeds
  /** The last entry of each allocation, those that have ended included, because a key is written once. */
  readonly #known = new Map<string, Running>()
  /** Those that ran at the last look. */
  readonly #live = new Set<string>()
  readonly #writes: Millis[] = []
  #turn: Promise<unknown> = Promise.resolve()
  #read = false
  #off = (): void => {}

  constructor(needs: AllocatorNeeds) {
    this.#needs = needs
  }

  /** Returns the allocations that run. */
  running(): Running[] {
    const now = this.#needs.clock.now()
    return [...this.#known.values()].filter((one) => isRunning(one, now))
  }

  /** Reads what an earlier run allocated; again after a failure. Rejects as a zome call does. */
  open(signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#restore(signal))
  }

  /**
   * Allocates a share to an agent, or renews its allocation, which never becomes shorter. Rejects with
   * `RIPPLE_RESOURCE_REFUSED`, and as a write does.
   */
  allocate(
    holder: AgentKey,
    ask: AllocateAsk,
    principal: Principal | null,
    signal: AbortSignal,
  ): Promise<Running> {
    return this.#inTurn(async () => {
      await this.#restore(signal)
      const { clock, ledger, offer, endpoint, self, emit } = this.#needs
      const last = this.#known.get(ask.id)
      const now = clock.now()
      this.#refuseSoon(holder, last, now)
      const own = await offer.current(signal)
      const others = this.running().filter(({ id }) => id !== ask.id)
      if (!covers(freeOf(own.capacity, others), ask.share)) throw this.#refused('that much is not free')
      await this.#askPolicy(holder, ask, principal, last !== undefined)
      const expires_at = Math.max(last?.expires_at ?? 0, Math.min(now + ask.duration_ms, own.expires_at))
      const version = (last?.version ?? 0) + 1
      const entry = { holder, share: ask.share, endpoint, expires_at, offer: own.hash }
      await ledger.allocate({ ...entry, allocation_id: entryKey(ask.id, version) }, signal)
      this.#writes.push(now)
      const running = { id: ask.id, node: self, holder, share: ask.share, endpoint, expires_at, version }
      emit({
        type: 'resource_allocated',
        allocation: ask.id,
        holder,
        expires_at,
        renewed: last !== undefined,
      })
      this.#note(running)
      return running
    })
  }

  /**
   * Ends an allocation for its holder or for this machine, and returns it. Rejects with `RIPPLE_ALLOCATION_UNKNOWN`, and as a write
   * does.
   */
  release(by: AgentKey, id: string, signal: AbortSignal): Promise<Running> {
    return this.#inTurn(async () => {
      await this.#restore(signal)
      const { ledger, offer, self, emit } = this.#needs
      const running = this.running().find((one) => one.id === id)
      if (!running || (by !== running.holder && by !== self))
        throw new RippleError('RIPPLE_ALLOCATION_UNKNOWN', { id })
      const { hash } = await offer.current(signal)
      const { holder, endpoint, expires_at } = running
      const version = running.version + 1
      // An entry of nothing until the same time: readers leave out what has ended, so it must not end sooner.
      const entry = { holder, share: nothing, endpoint, expires_at, offer: hash }
      await ledger.allocate({ ...entry, allocation_id: entryKey(id, version) }, signal)
      emit({ type: 'resource_released', allocation: id, holder, by })
      this.#note({ ...running, share: nothing, version })
      return running
    })
  }

  [Symbol.dispose](): void {
    this.#off()
  }

  async #restore(signal: AbortSignal): Promise<void> {
    if (this.#read) return
    const { ledger, self } = this.#needs
    for (const [id, last] of lastEntries(await ledger.allocations(self, 0, signal))) this.#known.set(id, last)
    this.#read = true
    this.#change()
  }

  /** Throws where no look at the amount is needed to refuse. */
  #refuseSoon(holder: AgentKey, last: Running | undefined, now: Millis): void {
    const { self, unwilling } = this.#needs
    const why = holder === self ? null : unwilling()
    if (why !== null) throw this.#refused(why)
    if (last && (!isRunning(last, now) || last.holder !== holder))
      throw this.#refused('the id is that of another allocation or of one that has ended')
    const running = this.running()
    const own = running.filter((one) => one.holder === holder)
    const isMany =
      running.length >= resourceLimits.allocations_max ||
      own.length >= resourceLimits.allocations_per_holder_max
    if (!last && isMany) throw this.#refused('too many allocations run')
    while ((this.#writes[0] ?? now) < now - HOUR_MS) this.#writes.shift()
    if (this.#writes.length >= resourceLimits.allocation_writes_per_hour)
      throw this.#refused('it has allocated enough in this hour')
  }

  async #askPolicy(
    holder: AgentKey,
    { id, kind, share, duration_ms }: AllocateAsk,
    principal: Principal | null,
    renewal: boolean,
  ): Promise<void> {
    const { gate, self, card } = this.#needs
    const name = share.tags[0]?.slice(MODEL_TAG.length)
    const model = card()?.capabilities.inference.models.find((one) => one.name === name)
    const { cpu_cores, memory_mib, disk_mib, gpu_count } = share
    const facts: AllocateInput = {
      ...{ resource_type: kind, holder, own: holder === self, cpu_cores, memory_mib, disk_mib, gpu_count },
      model: name === undefined ? null : { name, digest: model?.digest ?? '' },
      ...{ duration_ms, renewal, running: this.running().length },
      principal: principalFact(principal ?? undefined),
    }
    const { allow, rule } = await gate.decide('allocate', id, facts)
    if (!allow) throw this.#refused(`its policy refuses by ${rule}`)
  }

  #refused(detail: string): RippleError {
    return new RippleError('RIPPLE_RESOURCE_REFUSED', { node: this.#needs.self, detail })
  }

  #note(running: Running): void {
    this.#known.set(running.id, running)
    this.#change()
  }

  #change(): void {
    this.#await()
    this.#needs.changed()
  }

  /** Reports what has expired, waits for the next end, and forgets what ended so long ago that its epoch is closed. */
  #await(): void {
    const { clock, emit } = this.#needs
    this.#off()
    const now = clock.now()
    for (const one of [...this.#known.values()]) {
      const isLive = isRunning(one, now)
      if (!isLive && this.#live.delete(one.id) && !isNothing(one.share))
        emit({ type: 'resource_expired', allocation: one.id, holder: one.holder })
      if (isLive) this.#live.add(one.id)
      if (one.expires_at < now - resourceLimits.resource_offer_ms) this.#known.delete(one.id)
    }
    const ends = this.running().map(({ expires_at }) => expires_at)
    if (ends.length > 0) this.#off = clock.after(Math.max(0, Math.min(...ends) - now), () => this.#change())
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
