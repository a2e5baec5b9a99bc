/** Opens the parts of the daemon in order. */
import { writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { openHelia } from '../../artifacts/helia.ts'
import { openKubo } from '../../artifacts/kubo.ts'
import type { Artifacts, FileExchange } from '../../artifacts/port.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { type ConductorHandle, openConductor } from '../../dht/session/open-conductor.ts'
import { openLlamaEngine } from '../../engine/llama.ts'
import { memoryBudget } from '../../engine/memory-budget.ts'
import type { Engine } from '../../engine/port.ts'
import type { PrivateMembership } from '../../membership/membership.ts'
import type { ModelStore } from '../../models/store.ts'
import { membersOnly } from '../../net/address-book.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import type { StreamMessages } from '../../net/messages.ts'
import { tracedMessages } from '../../net/traced-messages.ts'
import type { Acceptance } from '../../peers/acceptance.ts'
import type { PolicyGate } from '../../policy/gate.ts'
import type { Providers } from '../../providers/port.ts'
import { openRules, type Rules } from '../../rules/rules.ts'
import { openPause } from '../../share/pause.ts'
import { realProbes, type ShareWatch, watchShare } from '../../share/watch.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { AgentKey } from '../../types/events.ts'
import { systemClock, systemRandom } from '../../work/context/clock.ts'
import { defaultWorkConfig } from '../../work/context/config.ts'
import { armFailpoint, killedAt } from '../../work/context/failpoints.ts'
import { startWork, type Work } from '../../work/work.ts'
import { followGuard } from '../chain/follow-guard.ts'
import { happFiles } from '../machine/files.ts'
import { locateProgram, pinnedVersion } from '../machine/programs.ts'
import { reportLoaded, reportPeers } from '../machine/report-events.ts'
import { mostMemory } from '../models/model-memory.ts'
import { openModelStore } from '../models/model-store.ts'
import { notingSpeed } from '../models/speed-note.ts'
import { compareHeads } from '../peers/compare-chain-heads.ts'
import { detectDuplicateKey } from '../peers/detect-duplicate-key.ts'
import { reportOwnState } from '../peers/find-own-state.ts'
import { PeerAddresses } from '../peers/peer-addresses.ts'
import { PeerDirectory } from '../peers/peer-directory.ts'
import { relayMembers } from '../peers/relay-members.ts'
import { tracePosts } from '../tasks/trace-posts.ts'
import { type OpenData, openData } from './open-data.ts'
import { openGate } from './open-gate.ts'
import { followMembers, type Inviting, openMembership } from './open-membership.ts'
import { hearPeers, type Members, openMembers, openPeerMessages } from './open-messages.ts'
import { type OpenNet, openNet } from './open-net.ts'
import { openProviders } from './open-providers.ts'
import { openRegistry, publishFirst, type Registry } from './open-registry.ts'

/** Settings and signals for the opening. */
export interface OpenNeeds {
  readonly config: Config
  readonly env: Env
  /** Shows each step to a person who waits. */
  readonly say: (line: string) => void
  /** Aborted when the daemon is to stop. */
  readonly signal: AbortSignal
  /** Begins an orderly stop. */
  readonly stop: () => void
  /** Parts that a test supplies; they are not disposed. */
  readonly overrides?: { readonly engine?: Engine }
}

/** The running parts of a daemon. */
export interface Parts extends OpenData, OpenNet, Inviting {
  readonly config: Config
  readonly models: ModelStore
  readonly modelMemory: () => number
  readonly engine: Engine
  readonly conductor: ConductorHandle
  readonly book: PeerDirectory
  readonly messages: StreamMessages
  /** The machines that this one asks and works for. */
  readonly acceptance: Acceptance
  readonly artifacts: Artifacts & FileExchange
  readonly registry: Registry
  /** The membership of a private network; null for an open one. */
  readonly membership: PrivateMembership | null
  readonly gate: PolicyGate
  readonly work: Work
  /** Providers of models outside the mesh. */
  readonly upstreams: Providers
  /** The check of the owner's settings against the machine's current use. */
  readonly sharing: ShareWatch
}

/** Milliseconds between lines about a conductor that is still starting. */
const STILL_MS = 10_000

/** Opens the parts in the order in which they need each other; the stack stops them in reverse. */
export async function openParts(needs: OpenNeeds, stack: AsyncDisposableStack): Promise<Parts> {
  const { config, env, say, signal } = needs
  const data = await openData(needs, stack)
  const { emit } = data
  const models = stack.use(await openModels(needs))
  // The engine's process loads while the conductor starts. It is stopped again even if the conductor fails.
  const loading = openEngine(needs, models, emit)
  // The engine is awaited much later, or never. Until then its failure must not end the process.
  loading.catch(() => {})
  stack.defer(async () => {
    if (needs.overrides?.engine === undefined)
      await (await loading.catch(() => null))?.[Symbol.asyncDispose]()
  })
  const net = await openNetwork(needs, data, stack)
  const { joined, node } = net
  const rules = await openRules()
  const membership = await openMembership(config, joined, node, rules, data)
  say('starting the conductor')
  const conductor = stack.use(await telling(say, openDht(needs, data, { joined, membership })))
  if (net.rendezvous !== null) stack.use(net.rendezvous.exchangeInfos(conductor))
  const addresses = stack.use(await PeerAddresses.open(data.journal, systemClock))
  const book = new PeerDirectory(addresses)
  const members = await openMembers({ ...config, membership }, data, conductor.agent, book)
  const messages = stack.use(await openPeerMessages(conductor, node, members, data))
  const artifacts = stack.use(await openArtifacts(config, data, node, members))
  let opened: Work | null = null
  const heldGrants = () => opened?.heldGrants() ?? 0
  const draining = () => opened?.draining() ?? false
  const pausedForOthers = () => opened?.pausedForOthers() ?? false
  let engine: Engine | null = null
  const ofEngine = engineState(config, () => engine)
  const state = { clock: systemClock, heldGrants, draining, pausedForOthers, ...ofEngine }
  const { acceptance } = members
  const adapters = { conductor, node, models, artifacts, book, messages, acceptance, membership }
  const registryNeeds = { ...data, ...state, ...adapters, config }
  const registry = await openRegistry(registryNeeds, stack)
  const { presence } = registry
  reportPeers(presence, conductor.agent, systemClock, emit)
  reportOwnState({ conductor, presence, clock: systemClock }, emit)
  hearPeers({ conductor, messages, registry, book, membership })
  relayMembers({ offer: config.net.relay, node, book: members.accepted, presence, conductor, emit })
  const inviting = await followMembers({ ...data, ...adapters, config, joined, registry }, stack)
  const peers = { peers: () => presence.peers(), onPeers: (changed: () => void) => presence.onPeers(changed) }
  stack.use(compareHeads({ conductor, messages, clock: systemClock, emit, ...peers }))
  const noSpeed = (thrown: unknown) => emit({ type: 'speed_unnoted', ...failureOf(thrown) }, thrown)
  engine = notingSpeed(await loading, data.journal, noSpeed)
  const gate = stack.use(await openGate(config, data, joined.network.name))
  say('reading what was left open')
  const workParts = { ...data, joined, gate, ...adapters, engine, registry, rules }
  const work = tracePosts(stack.use(await openWork(workParts, needs)), data.traces)
  opened = work
  stack.use(followGuard({ guard: conductor.guard, work, registry, clock: systemClock, emit, say, signal }))
  const sharing = stack.use(await followOwner(config, work, presence, data, say))
  await publishFirst(registry, signal)
  stack.use(detectDuplicateKey(conductor, systemClock))
  const network = joined.network.name
  const upstreams = await openProviders({ ...data, config, env, network, gate, clock: systemClock })
  const { modelMemory } = ofEngine
  const shared = { config, modelMemory, engine, gate, registry, ...adapters, ...inviting }
  return { ...data, ...net, ...shared, work, sharing, upstreams }
}

/**
 * Says now and then that the conductor is still starting: the first start, and one late on a busy day, take a while.
 */
async function telling<T>(say: (line: string) => void, starting: Promise<T>): Promise<T> {
  const begun = performance.now()
  const tell = () =>
    say(`still starting the conductor (${Math.round((performance.now() - begun) / 1_000)} s)`)
  const timer = setInterval(tell, STILL_MS)
  try {
    return await starting
  } finally {
    clearInterval(timer)
  }
}

/** Opens the models folder. Says which files are being indexed, and each problem as soon as it is known. */
async function openModels({ config, say }: OpenNeeds): Promise<ModelStore> {
  const models = await openModelStore(config.cache)
  const told = new Set<string>()
  const tell = (): void => {
    const lines = models.problems.map(({ message, code }) => `warning: ${message} [${code}]`)
    for (const line of lines.filter((one) => !told.has(one))) say(line)
    for (const line of lines) told.add(line)
  }
  tell()
  models.index.onChange(tell)
  if (models.indexing.length > 0)
    say(`new here, and offered once it has been indexed: ${models.indexing.join(', ')}`)
  return models
}

async function openEngine(
  { config, env, overrides, say, signal }: OpenNeeds,
  models: ModelStore,
  emit: Emit,
): Promise<Engine> {
  if (overrides?.engine !== undefined) return overrides.engine
  const { gpu } = config.engine
  const onLoaded = reportLoaded(models, emit)
  const onGpuFailed = (detail: string): void => {
    emit({ type: 'gpu_failed', detail })
    say(`the GPU failed, so the engine runs on the CPU: ${detail}`)
  }
  const options = {
    models: models.present,
    gpu,
    env: env.gpu,
    onLoaded,
    onGpuFailed,
    ...ownersBounds(config),
  }
  const engine = await openLlamaEngine(options, signal)
  if (engine.gpu !== null) say(`the engine runs on the GPU: ${engine.gpu.devices.join(', ')}`)
  return engine
}

/** Reads the state of the engine for parts that open before it. */
function engineState(config: Config, engine: () => Engine | null) {
  const gpu = () => engine()?.gpu ?? null
  // A GPU that has failed takes its memory with it.
  const gpuMemory = () => gpu()?.budget_bytes ?? 0
  const budget = () => engine()?.memoryBudget() ?? memoryBudget(ownersMemory(config))
  const mostBesideGpu = mostMemory(() => budget() - gpuMemory())
  return {
    gpu,
    gpuBusyMs: () => (gpu() === null ? 0 : (engine()?.busyMs() ?? 0)),
    loadedModels: () => engine()?.loaded() ?? [],
    modelMemory: () => mostBesideGpu() + gpuMemory(),
  }
}

/** Returns the owner's bounds for the engine; the engine decides the rest itself. */
function ownersBounds(config: Config): { threads?: number; memory_bytes?: number } {
  const { cores } = config.share
  const memory_bytes = ownersMemory(config)
  return {
    ...(cores === null ? {} : { threads: Math.min(cores, availableParallelism()) }),
    ...(memory_bytes === null ? {} : { memory_bytes }),
  }
}

/** Returns the memory that the owner allows for models, in bytes; null leaves it to the engine. */
function ownersMemory({ share: { memory_mib } }: Config): number | null {
  return memory_mib === null ? null : memory_mib * 1024 * 1024
}

function openNetwork(needs: OpenNeeds, folder: OpenData, stack: AsyncDisposableStack): Promise<OpenNet> {
  const { config, env, say, signal } = needs
  const findBootstrapProgram = () => locateProgram('kitsune2-bootstrap-srv', env, config.cache, signal)
  return openNet({ config, folder, emit: folder.emit, say, stack, findBootstrapProgram }, signal)
}

async function openDht(
  needs: OpenNeeds,
  { paths, emit }: OpenData,
  { joined: { network }, membership }: Pick<Parts, 'joined' | 'membership'>,
): Promise<ConductorHandle> {
  const { config, env, say, signal } = needs
  return openConductor(
    {
      program: await locateProgram('holochain', env, config.cache, signal),
      version: pinnedVersion('holochain'),
      folder: paths.conductor,
      passphraseFile: paths.passphrase,
      signingFile: paths.signing,
      networkFile: paths.network,
      logFile: join(paths.logs, 'conductor.log'),
      headsFolder: config.heads,
      happ: happFiles,
      network,
      membership,
      now: () => systemClock.now(),
      onEvent: (event) => {
        emit(event)
        if (event.type === 'chains_restoring')
          say("fetching this machine's chains from its peers: a peer that holds them must be online")
        if (event.type === 'epoch_missed')
          say(`no peer has returned epoch ${event.epoch}: its open tasks are lost here`)
        if (event.type === 'cells_set_aside')
          say(
            `the conductor's list of its cells could not be read: it is rebuilt, and the old one is in ${event.aside}`,
          )
      },
    },
    signal,
  )
}

/** Pauses work for others while the owner's settings say so. */
async function followOwner(
  { share }: Config,
  work: Pick<Work, 'pauseForOthers'>,
  presence: Pick<Registry['presence'], 'beatNow'>,
  { emit, journal }: OpenData,
  say: OpenNeeds['say'],
): Promise<ShareWatch> {
  const onChange = (paused: boolean, why: string | null): void => {
    work.pauseForOthers(paused)
    // Otherwise peers would offer to this machine until the next beat, and wait for its refusal.
    presence.beatNow()
    emit(paused ? { type: 'sharing_paused', why } : { type: 'sharing_resumed' })
    say(paused ? `nothing is taken from others now: ${why}` : 'work of others is taken again')
  }
  const pause = await openPause(journal, systemClock)
  return watchShare({ share, pause, clock: systemClock, probes: realProbes, onChange })
}

function openArtifacts(
  config: Config,
  { paths, emit }: OpenData,
  node: PeerNode,
  { accepted }: Members,
): Promise<Artifacts & FileExchange> {
  const { kubo_url } = config.artifacts
  if (kubo_url !== null) return openKubo({ url: kubo_url })
  return openHelia({
    libp2p: membersOnly(node.libp2p, accepted, () => emit({ type: 'stranger_refused' })),
    folder: paths.ipfs,
    connect: async (agent, signal) => {
      const peer = accepted.lookup(agent)
      if (peer !== null) await node.connect(peer, signal)
    },
  })
}

type WorkParts = OpenData &
  Pick<
    Parts,
    'joined' | 'conductor' | 'messages' | 'acceptance' | 'engine' | 'artifacts' | 'registry' | 'node' | 'gate'
  > & { readonly rules: Rules }

async function openWork(parts: WorkParts, { env, signal }: OpenNeeds): Promise<Work> {
  const { conductor, messages, acceptance, engine, artifacts, journal, registry, node, gate } = parts
  const needs = {
    dht: conductor.dht,
    messages: tracedMessages(messages, parts.traces),
    engine,
    artifacts,
    journal,
    clock: systemClock,
    random: systemRandom,
    rules: parts.rules,
    gate,
    openBox: node.openBox,
    peers: () => registry.presence.peers(),
    onPeers: (changed: () => void) => registry.presence.onPeers(changed),
    accepts: (agent: AgentKey) => acceptance.accepts(agent),
    record: parts.events.record,
    lost: () => conductor.lost(),
    held: conductor.guard.refusal() !== null,
    failpoint: armFailpoint(env.ripple.RIPPLE_FAILPOINT, (at) => {
      writeSync(process.stderr.fd, `${killedAt(at)}\n`)
      process.kill(process.pid, 'SIGKILL')
    }),
  }
  const { length_ms: epoch_ms, kept, max_action_seq } = parts.joined.network.epoch
  const ofNetwork = { epoch_ms, task_life_ms: kept * epoch_ms, max_action_seq }
  return startWork(needs, { ...defaultWorkConfig, ...ofNetwork, runs_max: engine.slots }, signal)
}
