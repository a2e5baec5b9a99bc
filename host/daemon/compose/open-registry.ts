/** Opens the registry of machines: cards, presence and loaded models. */
import { LRUCache } from 'lru-cache'
import { agentRegistry, type CardOf } from '../../../zomes-bindings/agent-registry.ts'
import type { NodeCapability, Presence } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { Artifacts } from '../../artifacts/port.ts'
import type { Config } from '../../config/config.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import { loadable } from '../../engine/memory-budget.ts'
import type { EngineGpu, LoadedModel } from '../../engine/port.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { describeMachine, probeMachine } from '../../hardware/card.ts'
import { LoadMeter } from '../../hardware/load.ts'
import { limits } from '../../limits.ts'
import type { PrivateMembership } from '../../membership/membership.ts'
import type { ModelStore } from '../../models/store.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import type { StreamMessages } from '../../net/messages.ts'
import type { Acceptance } from '../../peers/acceptance.ts'
import { Cards } from '../../peers/cards.ts'
import { Links } from '../../peers/links.ts'
import { type LoadedModels, loadedModels } from '../../peers/loaded-models.ts'
import { PresenceBoard } from '../../peers/presence.ts'
import { sendPresence } from '../../peers/send-presence.ts'
import { watchReturn } from '../../peers/watch-return.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import { isPlain, safeJson } from '../../types/text/plain-text.ts'
import { version } from '../../version.ts'
import type { Journal } from '../../work/journal/port.ts'
import { lastSpeed } from '../models/speed-note.ts'
import type { PeerDirectory } from '../peers/peer-directory.ts'

/** Parts of the daemon that the registry uses. */
export interface RegistryNeeds {
  readonly config: Config
  readonly conductor: ConductorHandle
  readonly node: PeerNode
  readonly models: ModelStore
  readonly artifacts: Artifacts
  readonly book: PeerDirectory
  readonly messages: StreamMessages
  readonly acceptance: Acceptance
  readonly clock: Clock
  readonly journal: Journal
  readonly emit: Emit
  /** The membership of a private network; null for an open one. */
  readonly membership: PrivateMembership | null
  /** Grants that this machine holds now. */
  heldGrants(): number
  /** Whether this machine takes no new work. */
  draining(): boolean
  /** Whether this machine takes no work from others. */
  pausedForOthers(): boolean
  /** Models in memory, the one used last first. */
  loadedModels(): readonly LoadedModel[]
  /** The GPU that the engine runs on; null for the CPU, and until the engine is there. */
  gpu(): EngineGpu | null
  /** How long the engine has had work on a GPU so far, in milliseconds. */
  gpuBusyMs(): number
  /** The most memory that models could have had together since the start, in bytes. */
  readonly modelMemory: () => number
}

/** Cards and presence of all machines, and this machine's own. */
export interface Registry {
  readonly presence: PresenceBoard
  /** Models that peers report to have in memory. */
  readonly loaded: LoadedModels
  /** Updates this machine's card if a lasting fact has changed. Resolves with whether it did. */
  publish(signal: AbortSignal): Promise<boolean>
  /** Forgets the card of a member that was revoked. */
  expel(agent: AgentKey): void
}

/**
 * Starts announcing this machine. Its card is not written here: peers must first be heard, since they know whether the
 * own chain is whole.
 */
export async function openRegistry(needs: RegistryNeeds, stack: AsyncDisposableStack): Promise<Registry> {
  const { conductor, node, clock, emit, book, messages, acceptance } = needs
  const zomes = agentRegistry(conductor.call)
  const cards = new Cards(zomes, memberCheck(needs))
  const load = new LoadMeter(needs.gpuBusyMs)
  const warned = new Set<string>()
  const publish = async (signal: AbortSignal): Promise<boolean> => {
    const written = await cards.publish(await cardOf(needs, load, warned, signal), signal)
    await cards.refresh(signal)
    return written
  }
  const opening = new AbortController()
  stack.defer(() => opening.abort())
  await cards.refresh(opening.signal)
  const named = await conductor.agents().catch(() => [])
  if ([...cards.known().keys(), ...named].every((agent) => agent === conductor.agent))
    conductor.guard.decide()
  // The first beat introduces this machine with the card that it is about to write.
  const isNew = !cards.known().has(conductor.agent)
  if (isNew)
    await cards.introduce(conductor.agent, await cardOf(needs, load, warned, opening.signal), clock.now())
  // The first beat goes by stream to the peers whose cards are here, at the addresses of the last run.
  const silent = [...cards.known().values()].map((one) => ({ ...one, presence: null, seenAt: null }))
  await book.update(silent)
  const links = stack.use(
    new Links({
      libp2p: node.libp2p,
      book,
      clock,
      hasLeft: (agent) => presence.hasLeft(agent),
      connect: node.connect,
    }),
  )
  const presence: PresenceBoard = stack.use(
    new PresenceBoard({
      agent: conductor.agent,
      links,
      accepts: (agent) => acceptance.accepts(agent),
      say: sendPresence({
        stream: (to, said, signal) => messages.sendByStream(to, presentTo(to, said, needs), signal),
        heartbeat: zomes.heartbeat,
        clock,
        isNew,
      }),
      cards,
      clock,
      agents: () => conductor.agents(),
      describe: async () => ({
        addresses: node.addresses().slice(0, 16),
        // The beat also goes by stream while the conductor is down, when nothing new can be accepted.
        availability: needs.draining() || conductor.status().state !== 'ready' ? 'draining' : 'online',
        load: load.read(),
        held_grants: needs.heldGrants(),
      }),
      pausedForOthers: needs.pausedForOthers,
      onError: (error) => emit({ type: 'beat_failed', ...failureOf(error) }, error),
    }),
  )
  presence.onPeers((peers) => void book.update(peers))
  const expel = (agent: AgentKey): void => {
    cards.expel(agent)
    presence.beatNow()
  }
  const addresses = () => node.addresses()
  stack.use(watchReturn({ clock, addresses, onReturn: () => presence.beatNow() }))
  return { presence, loaded: loadedModels(), publish, expel }
}

/** Returns the check of a card's membership. The log names each refused machine once. */
function memberCheck({ membership, emit }: RegistryNeeds): (card: CardOf) => string | null {
  if (!membership) return () => null
  const told = new LRUCache<AgentKey, true>({ max: limits.introduced_cards_max })
  return ({ agent, card }) => {
    const reason = membership.refusal(agent, card.membership)
    if (reason !== null && !told.has(agent)) emit({ type: 'member_refused', agent, reason })
    if (reason !== null) told.set(agent, true)
    return reason
  }
}

/**
 * Writes the card of a start if need be. If the own chain may not be written to, the old card stays valid, and
 * `followGuard` writes the new one later. Rejects as a zome call does.
 */
export async function publishFirst(
  { publish }: Pick<Registry, 'publish'>,
  signal: AbortSignal,
): Promise<void> {
  await publish(signal).catch((thrown) => {
    if (toRippleError(thrown).code !== 'RIPPLE_CHAIN_BEHIND') throw thrown
  })
}

function presentTo(agent: AgentKey, presence: Presence, needs: RegistryNeeds): Message {
  const accepts = needs.acceptance.accepts(agent)
  return { type: 'present', presence, loaded: loadedNow(needs), accepts }
}

function loadedNow({ loadedModels }: RegistryNeeds): string[] {
  return loadedModels()
    .slice(0, limits.models_told_max)
    .map(({ sha256 }) => sha256)
}

/** Whether a model's name may be on the card; the log names each refused one once. */
function isTold(name: string, { emit }: RegistryNeeds, warned: Set<string>): boolean {
  if (isPlain(name)) return true
  if (!warned.has(name)) emit({ type: 'model_unnamed', name: safeJson(name) })
  warned.add(name)
  return false
}

async function cardOf(
  needs: RegistryNeeds,
  load: LoadMeter,
  warned: Set<string>,
  signal: AbortSignal,
): Promise<NodeCapability> {
  const { conductor, node, models, artifacts, config, journal } = needs
  const [probes, pinned, peer] = await Promise.all([
    probeMachine(),
    artifacts.ls(signal),
    node.bind(conductor.agent),
  ])
  const machine = describeMachine(probes, {
    data: config.data,
    // Peers would send tasks for the models that the card lists. The rules refuse a card with a name that is not plain.
    models: loadable(models.present(), needs.modelMemory()).filter(({ name }) => isTold(name, needs, warned)),
    gpu: needs.gpu(),
    pinned_bytes: pinned.reduce((sum, one) => sum + one.bytes, 0),
    tokens_per_second: await lastSpeed(journal),
    region: config.region ?? '',
    tags: config.tags,
    caps: config.share,
  })
  return {
    node_id: conductor.agent,
    agent_name: config.name,
    ...machine,
    availability: 'online',
    load: load.read(),
    last_heartbeat: new Date().toISOString(),
    peer,
    agent_version: version,
    ...(needs.membership?.proof && { membership: needs.membership.proof }),
  }
}
