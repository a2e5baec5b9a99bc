/** Opens the offers and allocations of the mesh: what this machine shares, and what it holds of others. */
import { randomUUID } from 'node:crypto'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { resourceLimits } from '../limits/resources.ts'
import type { Messages } from '../net/port.ts'
import { failureOf } from '../telemetry/history.ts'
import type { Taken } from '../types/allocation.ts'
import type { AgentKey } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import type { ResourceAnswer, ResourceAsk } from '../types/resource-ask.ts'
import type { Journal } from '../work/journal/port.ts'
import { type AllocateAsk, Allocator, type AllocatorNeeds } from './allocator.ts'
import { capacityOf, shareOf } from './amounts.ts'
import { openResourceAsks, type ResourceAsks } from './ask-peer.ts'
import { type HeldShares, openHeldShares } from './held-shares.ts'
import { OwnOfferKeeper } from './own-offer.ts'
import { pick } from './pick.ts'
import type { AllocationWish, Resources } from './port.ts'
import { readOffers } from './read-offers.ts'
import type { Running } from './running.ts'

/** Parts that the resources need. */
export interface ResourceNeeds
  extends Pick<AllocatorNeeds, 'self' | 'ledger' | 'gate' | 'clock' | 'emit' | 'endpoint' | 'unwilling'> {
  readonly messages: Pick<Messages, 'send' | 'onMessage'>
  readonly journal: Pick<Journal, 'get' | 'put'>
  /** Whether the owner offers this machine's resources. */
  readonly offers: boolean
  peers(): readonly Peer[]
  /** Counts what is allocated as taken, by the owner's machine. */
  taken(allocated: ReadonlyMap<AgentKey, readonly Taken[]>): void
}

/** The parts of open resources. */
interface Opened {
  readonly needs: ResourceNeeds
  readonly allocator: Allocator
  readonly held: HeldShares
  readonly asks: ResourceAsks
  /** Whether this machine shares something now. */
  isOffering(): boolean
}

/** Opens the resources. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
export async function openResources(needs: ResourceNeeds): Promise<Resources & Disposable> {
  using stack = new DisposableStack()
  const { self, clock, peers } = needs
  const card = () => peers().find(({ agent }) => agent === self)?.card ?? null
  const shared = () => {
    const own = needs.offers ? card() : null
    return own && capacityOf(own)
  }
  const offer = new OwnOfferKeeper({ ...needs, capacity: shared })
  const changed = () => needs.taken(takenOf(self, allocator.running(), held?.list() ?? []))
  let held: HeldShares | null = null
  const allocator: Allocator = stack.use(new Allocator({ ...needs, offer, card, changed }))
  const opened = stack.use(await openHeldShares({ ...needs, changed }))
  held = opened
  const answer = (from: AgentKey, ask: ResourceAsk, signal: AbortSignal) =>
    answered(allocator, from, ask, signal)
  const ended = (node: AgentKey, id: string) => void opened.remove(node, id).catch(() => {})
  const asks = stack.use(openResourceAsks(needs.messages, { answer, ended }))
  const isOffering = () => shared() !== null && needs.unwilling() === null
  stack.use(keepOffer(needs, allocator, async (signal) => isOffering() && offer.current(signal)))
  const parts = { needs, allocator, held: opened, asks, isOffering }
  const known = () => [...allocator.running(), ...opened.list()]
  const open = stack.move()
  return {
    query: async (signal) => {
      await allocator.open(signal)
      return {
        offers: await readOffers({ self, ledger: needs.ledger, clock, peers, known }, signal),
        running: known(),
      }
    },
    allocate: (wish, signal) => allocate(wish, parts, known, signal),
    release: (id, signal) => release(id, parts, signal),
    [Symbol.dispose]: () => open.dispose(),
  }
}

/** Reads what an earlier run allocated, and looks now and then whether the offer is due. Failures are retried. */
function keepOffer(
  { clock, emit }: ResourceNeeds,
  allocator: Allocator,
  offer: (signal: AbortSignal) => Promise<unknown>,
): Disposable {
  const closing = new AbortController()
  let off = (): void => {}
  let failed: string | null = null
  const look = async (isFirst: boolean): Promise<void> => {
    try {
      await allocator.open(closing.signal)
      if (!isFirst) await offer(closing.signal)
      failed = null
    } catch (thrown) {
      const failure = failureOf(thrown)
      if (!closing.signal.aborted && failure.code !== failed)
        emit({ type: 'resource_unoffered', ...failure }, thrown)
      failed = failure.code
    }
    if (closing.signal.aborted) return
    off = clock.after(
      isFirst ? resourceLimits.resource_offer_first_ms : resourceLimits.resource_offer_look_ms,
      () => void look(false),
    )
  }
  void look(true)
  return {
    [Symbol.dispose]: () => {
      closing.abort()
      off()
    },
  }
}

/** Returns what is allocated, by the owner's machine. */
function takenOf(
  self: AgentKey,
  given: readonly Running[],
  held: readonly Running[],
): ReadonlyMap<AgentKey, readonly Taken[]> {
  const all = [...given.map((one) => ({ ...one, node: self })), ...held]
  const byNode = Map.groupBy(all, ({ node }) => node)
  return new Map(
    [...byNode].map(([node, some]) => [node, some.map(({ holder, share }) => ({ holder, share }))]),
  )
}

async function answered(
  allocator: Allocator,
  from: AgentKey,
  ask: ResourceAsk,
  signal: AbortSignal,
): Promise<ResourceAnswer> {
  try {
    if (ask.op === 'release') {
      await allocator.release(from, ask.id, signal)
      return { outcome: 'released', id: ask.id }
    }
    const { id, share, endpoint, expires_at } = await allocator.allocate(from, ask, null, signal)
    return { outcome: 'allocated', id, share: { ...share, tags: [...share.tags] }, endpoint, expires_at }
  } catch (thrown) {
    const { code, message, facts } = toRippleError(thrown)
    // It has ended already, which is all that its holder wants.
    if (code === 'RIPPLE_ALLOCATION_UNKNOWN') return { outcome: 'released', id: ask.id }
    return {
      outcome: 'refused',
      detail: String(facts.detail ?? message).slice(0, resourceLimits.resource_words_max),
    }
  }
}

async function allocate(
  wish: AllocationWish,
  parts: Opened,
  known: () => readonly Running[],
  signal: AbortSignal,
): Promise<Running> {
  const { self, ledger, clock, peers } = parts.needs
  const { resource_type: kind, duration_s, allocation_id: id } = wish
  const share = shareOf(kind, wish.requirements)
  const ask: ResourceAsk = {
    ...{ op: 'allocate', id: id ?? randomUUID(), share: { ...share, tags: [...share.tags] } },
    ...{ kind: kind as AllocateAsk['kind'], duration_ms: duration_s * 1_000 },
  }
  const renewed = known().find((one) => one.id === id && one.holder === self)
  const nodes = async (): Promise<readonly AgentKey[]> => {
    if (renewed) return [renewed.node]
    if (wish.node !== null) return [named(wish.node, peers())]
    const offers = await readOffers({ self, ledger, clock, peers, known }, signal)
    const picked = pick(offers, share, wish.locality_preference).map(({ node }) => node)
    // A daemon that has just started makes its offer with its first allocation.
    const isNew = parts.isOffering() && !offers.some(({ node }) => node === self)
    return picked.length === 0 && isNew ? [self] : picked
  }
  let failure = new RippleError('RIPPLE_RESOURCE_NONE')
  for (const node of (await nodes()).slice(0, resourceLimits.resource_tries_max)) {
    try {
      if (node === self) return await parts.allocator.allocate(self, ask, wish.principal, signal)
      return await askFor(node, ask, renewed !== undefined, parts, signal)
    } catch (thrown) {
      signal.throwIfAborted()
      failure = toRippleError(thrown)
      const goesOn = failure.code === 'RIPPLE_RESOURCE_REFUSED' || failure.code === 'RIPPLE_PEER_UNREACHABLE'
      if (!goesOn) throw failure
    }
  }
  throw failure
}

async function askFor(
  node: AgentKey,
  ask: AllocateAsk,
  isRenewal: boolean,
  { needs: { self, peers }, asks, held }: Opened,
  signal: AbortSignal,
): Promise<Running> {
  const answer = await asked(node, ask, asks, signal).catch((thrown: unknown) => {
    // The peer may have allocated it without a word of that arriving here. A renewal leaves what runs.
    if (!isRenewal)
      asks
        .ask(node, { op: 'release', id: ask.id }, AbortSignal.timeout(resourceLimits.resource_ask_ms))
        .catch(() => {})
    throw thrown
  })
  if (answer.outcome !== 'allocated' || answer.id !== ask.id) throw refusedBy(node, answer, peers())
  const { id, endpoint, expires_at } = answer
  const running = { id, node, holder: self, share: ask.share, endpoint, expires_at, version: 1 }
  await held.put(running)
  return running
}

async function release(
  id: string,
  { needs, allocator, held, asks }: Opened,
  signal: AbortSignal,
): Promise<Running> {
  const mine = held.list().find((one) => one.id === id)
  if (!mine) {
    const ended = await allocator.release(needs.self, id, signal)
    if (ended.holder !== needs.self) asks.notifyEnded(ended.holder, id)
    return ended
  }
  const answer = await asked(mine.node, { op: 'release', id }, asks, signal)
  if (answer.outcome !== 'released') throw refusedBy(mine.node, answer, needs.peers())
  await held.remove(mine.node, id)
  return mine
}

/** Asks a peer; without an answer in time it counts as unreachable. */
async function asked(
  node: AgentKey,
  ask: ResourceAsk,
  asks: ResourceAsks,
  signal: AbortSignal,
): Promise<ResourceAnswer> {
  try {
    return await asks.ask(node, ask, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof RippleError) throw thrown
    throw new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: node, detail: 'it gave no answer in time' })
  }
}

function refusedBy(node: AgentKey, answer: ResourceAnswer, peers: readonly Peer[]): RippleError {
  const name = peers.find(({ agent }) => agent === node)?.card.agent_name ?? node
  const detail = answer.outcome === 'refused' ? answer.detail : 'its answer makes no sense'
  return new RippleError('RIPPLE_RESOURCE_REFUSED', { node: name, detail })
}

/** Returns the machine of a name or a key. Throws `RIPPLE_PEER_UNKNOWN` and `RIPPLE_PEER_AMBIGUOUS`. */
function named(name: string, peers: readonly Peer[]): AgentKey {
  const found = peers.filter(({ agent, card }) => agent === name || card.agent_name === name)
  if (found.length > 1) throw new RippleError('RIPPLE_PEER_AMBIGUOUS', { name, count: found.length })
  const [one] = found
  if (!one) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: name })
  return one.agent
}
