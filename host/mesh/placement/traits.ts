/** Reads the traits of a peer that count when a worker is chosen. */
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { hasModel, type Needs } from '../state/lacks.ts'

/** The poster's point of view when it chooses. */
export interface Vantage {
  /** Workers that lost an attempt of the task. */
  readonly lost: ReadonlySet<AgentKey>
  /** Machines of which the poster holds an allocation. */
  readonly allocated: ReadonlySet<AgentKey>
  /** The poster's own latency region; empty if it named none. */
  readonly region: string
  /** The poster's own machine, if it may run the task; null while it is away. */
  readonly here: AgentKey | null
}

/** Traits that count when a peer is chosen for a task. */
export interface Traits {
  /** Whether the model is there. It is the only data that an inference task needs on its worker. */
  readonly local: boolean
  /** Memory that the task would leave unused, in doublings of a MiB, so that similar machines count as equal. */
  readonly spare: number
  /** Grants that the peer holds. */
  readonly held: number
  /** The busier of processors and GPUs, in percent, in steps of ten, so that similar machines count as equal. */
  readonly busy: number
  /** 0 on the poster's own machine, 1 in its region, 2 in another, 3 if either has named none. */
  readonly distance: number
  /** Measured tokens a second, less the share of the machine that is busy; 0 when not measured. */
  readonly speed: number
}

/** The step of the load, in percent: the figure in a beat is not more exact. */
const busyStep = 10

/** Returns the traits of a peer for a task. */
export function traitsOf(task: Needs, peer: Peer, vantage: Vantage): Traits {
  const { compute, inference } = peer.card.capabilities
  const load = peer.presence?.load ?? peer.card.load
  const busy = Math.floor(Math.min(100, Math.max(load.cpu_percent, load.gpu_percent)) / busyStep) * busyStep
  return {
    local: hasModel(inference.models, task.work.digest),
    spare: doublings(compute.ram_gb * 1024 - task.requirements.memory_mib),
    held: peer.presence?.held_grants ?? 0,
    busy,
    distance: peer.agent === vantage.here ? 0 : distance(vantage.region, peer.card.network.latency_region),
    speed: Math.floor((inference.tokens_per_second * (100 - busy)) / 100),
  }
}

function doublings(mib: number): number {
  return mib < 0 ? Number.MAX_SAFE_INTEGER : Math.floor(Math.log2(Math.max(1, mib)))
}

/** Returns 1 for the same region, 2 for another one, and 3 if either is unknown. */
export function distance(own: string, other: string): number {
  if (own === '' || other === '') return 3
  return own === other ? 1 : 2
}

const places = ['this machine', 'same region', 'other region', 'region unknown']

/** Formats a peer's traits for people. */
export function traitsText(traits: Traits): string {
  const where = places[traits.distance] ?? 'region unknown'
  const speed = traits.speed > 0 ? `${traits.speed} tokens/s free` : 'speed not measured'
  return [
    traits.local ? 'has the model' : 'lacks the model',
    where,
    speed,
    `${traits.busy} % busy`,
    `holds ${traits.held}`,
  ].join(', ')
}
