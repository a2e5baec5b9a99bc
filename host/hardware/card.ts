/** Describes this machine for its card. */
import si from 'systeminformation'
import type {
  Capabilities,
  Compute,
  ModelCard,
  NetworkCard,
} from '../../zomes-bindings/generated/agent-registry.ts'
import { bounded } from './bounded.ts'
import {
  bandwidthOf,
  classOf,
  computeOf,
  freeDiskGb,
  largestGpu,
  type Probes,
  type UsedGpu,
} from './convert.ts'

/** Most models of a card, and their longest name in bytes. The network's rules refuse a card that exceeds them. */
const CARD_MODELS_MAX = 64
const CARD_TEXT_BYTES_MAX = 128

/** Facts about this machine that no probe can find. */
export interface OwnFacts {
  /** The data folder. The card shows the free space of its disk. */
  readonly data: string
  /** Models that the machine can run. */
  readonly models: ReadonlyArray<{
    readonly name: string
    readonly sha256: string
    readonly context_tokens: number
  }>
  /** The GPU that the engine runs on; null for the CPU. A GPU that it cannot use is not on the card. */
  readonly gpu: UsedGpu | null
  /** Bytes pinned on IPFS. */
  readonly pinned_bytes: number
  /** Measured decode speed of the first model, in tokens a second; 0 if not measured. */
  readonly tokens_per_second: number
  /** Region named by the owner; empty without one. */
  readonly region: string
  /** Tags named by the owner. */
  readonly tags: readonly string[]
  /** The owner's limits for cores and memory (in MiB); null: all. */
  readonly caps: { readonly cores: number | null; readonly memory_mib: number | null }
}

/** The parts of a card that describe the machine. */
export interface MachineCard {
  readonly capabilities: Capabilities
  readonly network: NetworkCard
  readonly tags: string[]
}

/** Reads this machine. Every probe has a deadline. A failed probe gives zeros, and does not stop the start. */
export async function probeMachine(): Promise<Probes> {
  const [cpu, mem, disks, system, chassis, network] = await Promise.all([
    bounded(si.cpu()),
    bounded(si.mem()),
    bounded(si.fsSize()),
    bounded(si.system()),
    bounded(si.chassis()),
    bounded(si.networkInterfaces()),
  ])
  return { cpu, mem, disks, system, chassis, network: network === null ? null : [network].flat() }
}

/** Describes the machine. Pure: the same probes and facts give the same card. */
export function describeMachine(probes: Probes, own: OwnFacts): MachineCard {
  const compute = withCaps(computeOf(probes, own.gpu, process.arch), own.caps)
  const models = own.models.filter(fitsCard).slice(0, CARD_MODELS_MAX).map(modelCard)
  return {
    capabilities: {
      compute,
      storage: {
        local_ssd_gb: freeDiskGb(probes, own.data),
        ipfs_pinned_gb: Math.floor(own.pinned_bytes / 1024 ** 3),
        s3_available_gb: 0,
      },
      inference: {
        models_loaded: models.map(({ name }) => name),
        models,
        max_batch_size: models.length === 0 ? 0 : 1,
        tokens_per_second: Math.floor(own.tokens_per_second),
      },
      memory: { vector_shards: 0, redis_memory_gb: 0 },
    },
    network: { bandwidth_mbps: bandwidthOf(probes), latency_region: own.region },
    tags: [
      `class:${classOf(probes, process.platform)}`,
      `gpu:${compute.gpu !== null}`,
      ...(own.region === '' ? [] : [`region:${own.region}`]),
      ...own.tags,
    ],
  }
}

/** Applies the owner's limits: other machines see the shared resources, not all of them. */
function withCaps(compute: Compute, { cores, memory_mib }: OwnFacts['caps']): Compute {
  return {
    ...compute,
    cpu_cores: Math.min(compute.cpu_cores, cores ?? compute.cpu_cores),
    ram_gb: Math.min(compute.ram_gb, memory_mib === null ? compute.ram_gb : Math.floor(memory_mib / 1_024)),
  }
}

function fitsCard({ name }: OwnFacts['models'][number]): boolean {
  return name !== '' && Buffer.byteLength(name) <= CARD_TEXT_BYTES_MAX
}

function modelCard({ name, sha256, context_tokens }: OwnFacts['models'][number]): ModelCard {
  return { name, digest: sha256, context_tokens }
}

/** Returns the name of the machine's largest GPU, as `largestGpu` does. It starts several programs. */
export async function probeGpu(): Promise<string | null> {
  return largestGpu((await si.graphics()).controllers)
}
