import './quiet.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppWebsocket, encodeHashToBase64 } from '@holochain/client'
import { type Conductor, Scenario } from '@holochain/tryorama'
import { isElsewhere } from '../../../host/dht/session/named-agents.ts'
import { type AgentRegistry, agentRegistry } from '../../../zomes-bindings/agent-registry.ts'
import { type ResourceMesh, resourceMesh } from '../../../zomes-bindings/resource-mesh.ts'
import type { ZomeCall } from '../../../zomes-bindings/zome-call.ts'
import { warmTemplate } from '../warm-data.ts'
import { whileLocked } from '../while-locked.ts'
import { scenarioHapp } from './happ.ts'
import { prepareTryorama } from './prepare.ts'

/** Longest wait for something to reach another peer, in milliseconds. */
const ARRIVE_MS = 120_000
/** Pause between two looks, in milliseconds. */
const LOOK_MS = 200

/** How a peer has judged an action. */
export type Judgement = 'valid' | 'refused' | 'unknown'

/** An agent of a scenario with its cells. */
export interface ScenePeer {
  readonly agent: string
  readonly conductor: Conductor
  /** Hash of its first DNA, as bytes and as text. */
  readonly dna: Uint8Array
  readonly dnaHash: string
  readonly mesh: ResourceMesh
  readonly registry: AgentRegistry
  readonly appWs: AppWebsocket
  /** Writes whatever it is told. */
  raw<T>(fn: string, payload: unknown): Promise<T>
  /** How this peer has judged an action. */
  judgement(action: string): Promise<Judgement>
  /** Whether this peer holds a warrant for an action of a peer. */
  warranted(author: string, action: string): Promise<boolean>
}

/** The parts of a scenario's agent. */
export interface Join {
  readonly roles: readonly string[]
  /** The network's name within the scenario; agents of different networks do not see each other. */
  readonly network?: string
  /** `resource_mesh`'s bound, where it is not the shipped one: then it is another network. */
  readonly maxActionSeq?: number
}

/**
 * Conductors in one network of their own. An honest one judges what it writes as everybody does; a trusting one writes
 * what its owner wants, as someone does who has changed the program.
 */
export class Scene implements AsyncDisposable {
  readonly #scenario: Scenario
  readonly #happs = new Map<string, Uint8Array>()

  private constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  /** Prepares a network without any conductor. Its conductors have the shipped zomes compiled. */
  static async open(): Promise<Scene> {
    await prepareTryorama(await warmTemplate(), AbortSignal.timeout(ARRIVE_MS))
    return new Scene(new Scenario({ timeout: ARRIVE_MS }))
  }

  /** Starts a conductor. */
  async conductor(kind: 'honest' | 'trusting'): Promise<Conductor> {
    process.env.RIPPLE_TEST_TRUSTING = kind === 'trusting' ? 'yes' : ''
    return this.#scenario.addConductor({
      initiateIntervalMs: 1_000,
      minInitiateIntervalMs: 1_000,
      initiateJitterMs: 100,
      // A round that was begun with one who did not know the beginner yet is lost, and holds up the next.
      roundTimeoutMs: 1_500,
    })
  }

  /** Gives a conductor one more agent. */
  async join(conductor: Conductor, { roles, network = '', maxActionSeq }: Join): Promise<ScenePeer> {
    const modifiers = { properties: { max_action_seq: maxActionSeq } }
    const settings = { resource_mesh: { type: 'provisioned' as const, value: { modifiers } } }
    const options = {
      networkSeed: `${this.#scenario.networkSeed}${network}`,
      ...(maxActionSeq === undefined ? {} : { rolesSettings: settings }),
    }
    const app = { appBundleSource: { type: 'bytes' as const, value: this.#happ(roles) }, options }
    const [player, agentPubKey] = await whileLocked(async () => {
      // A new key for each try: one that failed may have left a cell of its key behind.
      const agentPubKey = await conductor.adminWs().generateAgentPubKey()
      const [installed] = await this.#scenario.installAppsForPlayers([app], [{ conductor, agentPubKey }])
      return [installed, agentPubKey] as const
    })
    const dna = player?.cells[0]?.cell_id[0]
    if (player === undefined || dna === undefined) throw new TypeError('nothing was installed')
    return {
      conductor,
      dna,
      ...peerOf(player.appWs, encodeHashToBase64(agentPubKey), encodeHashToBase64(dna)),
    }
  }

  /**
   * Tells peers of one network of each other, so that nobody waits for the bootstrap server: for a minute, now and then. A peer
   * that has just joined has not said yet where it is, so that is waited for.
   */
  async meet(...peers: readonly Pick<ScenePeer, 'conductor' | 'dna' | 'agent'>[]): Promise<void> {
    const infos = await Promise.all(
      peers.map(({ conductor, dna, agent }) =>
        arrives(`the address of ${agent}`, async () => {
          const known = await conductor.adminWs().agentInfo({ dna_hashes: [dna] })
          return isElsewhere(known, agent, [], 0) ? known : null
        }),
      ),
    )
    const agent_infos = infos.flat()
    await Promise.all(peers.map(({ conductor }) => conductor.adminWs().addAgentInfo({ agent_infos })))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scenario.cleanUp()
  }

  #happ(roles: readonly string[]): Uint8Array {
    const key = roles.join()
    const happ = this.#happs.get(key) ?? scenarioHapp(roles, { raw: true })
    this.#happs.set(key, happ)
    return happ
  }
}

function peerOf(appWs: AppWebsocket, agent: string, dnaHash: string): Omit<ScenePeer, 'conductor' | 'dna'> {
  const call: ZomeCall = (role_name, zome_name, fn_name, payload) =>
    appWs.callZome({ role_name, zome_name, fn_name, payload }, ARRIVE_MS)
  const raw = async <T>(fn: string, payload: unknown): Promise<T> =>
    (await appWs.callZome(
      { role_name: 'resource_mesh', zome_name: 'raw', fn_name: fn, payload },
      ARRIVE_MS,
    )) as T
  return {
    agent,
    dnaHash,
    mesh: resourceMesh(call),
    registry: agentRegistry(call),
    appWs,
    raw,
    judgement: (action) => raw<Judgement>('judgement', action),
    warranted: (author, action) => raw<boolean>('warranted', { author, action }),
  }
}

/** Looks until something has arrived and gives it. Rejects, naming it, when it does not come in time. */
export async function arrives<T>(what: string, look: () => Promise<T | null | undefined>): Promise<T> {
  const deadline = performance.now() + ARRIVE_MS
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined) return found
    if (performance.now() > deadline) throw new TypeError(`not within ${ARRIVE_MS} ms: ${what}`)
    await sleep(LOOK_MS)
  }
}

/**
 * Waits until a peer has judged an action of another, and gives its judgement. `before` are earlier actions of that author, for
 * each of which it may be heard no more.
 */
export function judged(
  peer: ScenePeer,
  action: string,
  author: string,
  before: readonly string[] = [],
): Promise<Judgement> {
  return arrives(`a judgement of ${action}`, async () => {
    const judgement = await peer.judgement(action)
    if (judgement !== 'unknown') return judgement
    // A warrant for one part of an action keeps all that follows from arriving, so the action itself may stay unknown.
    for (const one of [action, ...before]) if (await peer.warranted(author, one)) return 'refused'
    return null
  })
}
