import type { EpochRules } from '../../../host/config/epoch.ts'
import type { MeshCore } from '../../../host/mesh/core.ts'
import type { AgentKey, Millis } from '../../../host/types/events.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { defaultWorkConfig } from '../../../host/work/context/config.ts'
import type { EventRules } from '../../../host/work/context/context.ts'
import type { FallbackRequest } from '../../../host/work/poster/fallback.ts'
import type { Work } from '../../../host/work/work.ts'
import type { NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { Disturbance, History, HistoryLine, Waiting } from '../checker/history.ts'
import { deterministicEngine } from '../doubles/deterministic-engine.ts'
import type { MemoryRules } from '../doubles/memory-dht.ts'
import { MemoryJournal } from '../doubles/memory-journal.ts'
import { MemoryPost } from '../doubles/memory-messages.ts'
import { MemoryStores } from './artifacts.ts'
import { cardOf, modelDigest } from './card.ts'
import { skewed, VirtualClock } from './clock.ts'
import { Daemon, type Machine } from './daemon.ts'
import { rollingNetwork, type SimNetwork, timelessNetwork } from './epochs.ts'
import { type Faults, slowTokenMs } from './faults.ts'
import {
  crashingEngine,
  type Lie,
  lies,
  lyingArtifacts,
  lyingDht,
  lyingMessages,
  silentDht,
} from './flaky.ts'
import { standInGate } from './gate.ts'
import { actionHashOf, dnaHashOf, type Identity, identityOf } from './identity.ts'
import { Wires } from './network.ts'
import { awayMs, Presences } from './presence.ts'
import type { Prng } from './random.ts'

/** When every simulation begins, in milliseconds since 1970. */
export const epoch: Millis = 1_800_000_000_000

/** Agents that a task may name for its fallback, as the rules have it. */
const allowedMax = 64

/** The times that are shorter than in life, so that they pass within a simulation; milliseconds. */
const hurried = {
  peer_away_ms: awayMs,
  artifact_fetch_ms: 10_000,
  standby_list_ms: 15_000,
  standby_step_ms: 3_000,
}

const dnaHash = dnaHashOf('simulation')
const root = actionHashOf('root')
/** Made when they are first needed: a key costs more than a small simulation. */
const identities: Identity[] = []

/** The rules as a simulation needs them: for its network, and for what peers hand each other. */
export type SimRules = MemoryRules & EventRules

/** Machines, wires and clock of one simulation. */
export class World {
  readonly clock = new VirtualClock(epoch)
  readonly logs: HistoryLine[] = []
  /** The disturbances that the logs do not show. */
  readonly disturbances: Disturbance[] = []
  /** The open requests of clients. */
  readonly asking = new Set<Waiting>()
  /** How often a client was told to come again because the chain was full. */
  sentAway = 0
  /** How far ahead each machine's clock is. */
  readonly aheadMs = new Map<AgentKey, Millis>()
  readonly daemons: readonly Daemon[]
  readonly wires: Wires
  readonly network: SimNetwork
  /** The longest that a message and an event take between two machines. */
  readonly late: History['late_ms']
  readonly #post: MemoryPost
  readonly #stores: MemoryStores
  readonly #epochs: EpochRules | null
  readonly #random: Prng
  readonly #faults: Faults
  readonly #presences: Presences
  readonly #cards = new Map<AgentKey, NodeCapability>()

  constructor(
    random: Prng,
    faults: Faults,
    rules: SimRules,
    core: MeshCore,
    size: number,
    epochs: EpochRules | null = null,
  ) {
    this.#epochs = epochs
    this.#random = random
    this.#faults = faults
    this.late = { messages: faults.delayMaxMs, events: faults.arrivalMaxMs }
    this.wires = new Wires(
      this.clock,
      random.fork(),
      faults,
      (disturbance) => void this.disturbances.push(disturbance),
    )
    const { clock, wires } = this
    this.#presences = new Presences(clock, wires)
    const writes = random.fork()
    const options = {
      maxActionSeq: epochs?.max_action_seq ?? 100_000,
      rules,
      clock,
      root,
      writeMs: () => writes.int(1, 60),
      arrivalMs: (from: AgentKey, to: AgentKey) => wires.arrivalMs(from, to),
    }
    this.network = epochs ? rollingNetwork(options, epochs) : timelessNetwork({ ...options, dnaHash })
    this.#post = new MemoryPost(clock, (from, to) => wires.fate(from, to))
    this.#stores = new MemoryStores(clock, (from, to) => wires.reaches(from, to))
    while (identities.length < size) identities.push(identityOf(`peer ${identities.length}`))
    this.daemons = identities
      .slice(0, size)
      .map((identity, i) => this.#daemon(identity, `peer ${i}`, core, rules))
    this.#presences.introduce(this.daemons, this.#cards)
  }

  /** Brings every daemon up and lets peers hear of each other. */
  start(): void {
    for (const daemon of this.daemons) daemon.start()
    void this.#presences.beat()
  }

  /** Has a machine take nothing new, or take work again, and say so. */
  drain(daemon: Daemon, on: boolean): void {
    const say = (work: Work | null) => {
      work?.drain(on)
      this.#presences.tell(daemon.machine.agent)
    }
    // A sleeping machine takes work again when it wakes.
    if (on || daemon.work) say(daemon.work)
    else void daemon.up().then(say)
  }

  /** A wish that other machines go on with a task: some of them, which any task may say, public or not. */
  fallback(random: Prng): FallbackRequest {
    const readers = this.daemons.filter(() => random.chance(0.7)).map(({ machine }) => machine.agent)
    const known = identities.filter(({ agent }) => readers.includes(agent))
    const allow = known.length > 0 ? known.slice(0, allowedMax) : identities.slice(0, 1)
    return { after_ms: random.int(1_000, 20_000), allow, named: false }
  }

  /**
   * Lists the machines that each machine knows, itself left out: any of them can run any task of a simulation. With
   * rolling epochs nobody is certain, because a machine that is off while an epoch is open never sees its tasks.
   */
  able(): ReadonlyMap<AgentKey, readonly AgentKey[]> {
    if (this.#epochs) return new Map()
    const agents = [...this.#cards.keys()]
    const others = (self: AgentKey) =>
      [...this.#presences.knownTo(self)].flatMap(({ agent }) => (agent === self ? [] : [agent]))
    return new Map(agents.map((agent) => [agent, others(agent)]))
  }

  #daemon(identity: Identity, name: string, core: MeshCore, rules: EventRules): Daemon {
    const random = this.#random.fork()
    const { killsMax, liars } = this.#faults
    const lie = random.chance(liars) ? random.pick(lies) : null
    if (lie) this.#note('lie', identity.agent, Number.POSITIVE_INFINITY)
    this.#cards.set(identity.agent, cardOf(identity.agent, { name }))
    const machine = { ...this.#machine(identity, name, random, lie), core, rules }
    const kills = Array.from({ length: random.int(0, killsMax) }, () => random.int(1, 400))
    return new Daemon(machine, kills)
  }

  #machine(identity: Identity, name: string, random: Prng, lie: Lie | null): Omit<Machine, 'core' | 'rules'> {
    const { wires } = this
    const { agent, openBox } = identity
    const { skewMaxMs } = this.#faults
    const skewMs = random.int(-skewMaxMs, skewMaxMs)
    const clock = skewed(this.clock, skewMs)
    this.aheadMs.set(agent, skewMs)
    const unlessQuiet = (probability: number) => () => (wires.quiet ? 0 : probability)
    const silence = random.fork()
    let lives = 0
    const dht = this.network.join(identity, clock, (cell) =>
      lyingDht(
        silentDht(cell, {
          clock,
          random: silence,
          life: () => lives,
          probability: unlessQuiet(this.#faults.dhtSilent),
          note: (forMs) => this.#note('dht', agent, forMs),
        }),
        lie,
      ),
    )
    const tokenMs = random.chance(this.#faults.slow) ? slowTokenMs : 20
    const models = [{ name: 'sim', sha256: modelDigest, path: '', bytes: 1, context_tokens: 2048 }]
    const engine = deterministicEngine({ models, clock, tokenMs: () => tokenMs, tokens_max: 16 })
    return {
      agent,
      name,
      clock,
      random,
      openBox,
      config: {
        ...defaultWorkConfig,
        ...hurried,
        ...(this.#epochs && {
          max_action_seq: this.#epochs.max_action_seq,
          epoch_ms: this.#epochs.length_ms,
          task_life_ms: this.#epochs.kept * this.#epochs.length_ms,
        }),
      },
      dht,
      messages: lyingMessages(this.#post.join(agent), lie),
      engine: crashingEngine(engine, random.fork(), unlessQuiet(this.#faults.engineCrash), () =>
        this.#note('engine', agent),
      ),
      artifacts: lyingArtifacts(this.#stores.join(agent), lie),
      journal: new MemoryJournal(),
      gate: standInGate(clock, agent, { run: this.#faults.refuses }),
      peers: () => this.#peersOf(agent, skewMs),
      record: (event) => void this.logs.push(event),
      heard: (from) => this.#presences.seen(from, agent),
      begins: () => {
        lives += 1
      },
      turned: (way) => wires.turn(agent, way),
      cameBack: () => this.#presences.tell(agent),
    }
  }

  #note(kind: Disturbance['kind'], agent: AgentKey, forMs: Millis = 0): void {
    const from = this.clock.now()
    this.disturbances.push({ kind, agents: [agent], from, to: from + forMs })
  }

  /** The peers as a machine knows them whose clock is wrong by so much. */
  #peersOf(agent: AgentKey, skewMs: Millis): Peer[] {
    return [...this.#presences.knownTo(agent)].map(({ heardAt, link, ...known }) => ({
      ...known,
      seenAt: heardAt === null ? null : heardAt + skewMs,
      link: { ...link, at: link.at + skewMs },
    }))
  }
}
