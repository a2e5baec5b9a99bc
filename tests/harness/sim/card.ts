import type { AgentKey } from '../../../host/types/events.ts'
import type { NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'

/** sha256 that stands for the model of the simulation. */
export const modelDigest = 'a'.repeat(64)

/** The fields in which the cards of a simulation differ. */
export interface CardOptions {
  readonly name: string
  readonly ram_gb?: number
  readonly cpu_cores?: number
  readonly tags?: readonly string[]
  readonly models?: readonly string[]
}

/** A machine's card. */
export function cardOf(agent: AgentKey, options: CardOptions): NodeCapability {
  const models = options.models ?? [modelDigest]
  return {
    node_id: agent,
    agent_name: options.name,
    capabilities: {
      compute: {
        cpu_cores: options.cpu_cores ?? 4,
        cpu_arch: 'x86_64',
        ram_gb: options.ram_gb ?? 8,
        gpu: null,
        gpus: [],
      },
      storage: { local_ssd_gb: 64, ipfs_pinned_gb: 0, s3_available_gb: 0 },
      inference: {
        models_loaded: models.map(() => 'sim'),
        models: models.map((digest) => ({ name: 'sim', digest, context_tokens: 2048 })),
        max_batch_size: 1,
        tokens_per_second: 0,
      },
      memory: { vector_shards: 0, redis_memory_gb: 0 },
    },
    network: { bandwidth_mbps: 0, latency_region: '' },
    availability: 'online',
    load: { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 },
    last_heartbeat: '2026-01-05T12:00:00Z',
    tags: [...(options.tags ?? [])],
    peer: { public_key: '0'.repeat(64), signature: '0'.repeat(128) },
    agent_version: '0.1.0',
  }
}
