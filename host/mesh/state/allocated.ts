/** Counts what is allocated of a machine as taken. */
import type { Gpu, NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'
import { MODEL_TAG, type Taken } from '../../types/allocation.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { mib } from './lacks.ts'
import type { MeshState } from './state.ts'

/** Returns a peer as tasks of an agent see it: without what other agents hold of it. The same peer if they hold nothing. */
export function available({ allocated }: Pick<MeshState, 'allocated'>, peer: Peer, poster: AgentKey): Peer {
  const others = (allocated.get(peer.agent) ?? []).filter(({ holder }) => holder !== poster)
  return others.length === 0 ? peer : { ...peer, card: others.reduce(without, peer.card) }
}

/** Returns the machines of which an agent holds a part. */
export function allocatedTo(
  { allocated }: Pick<MeshState, 'allocated'>,
  agent: AgentKey,
): ReadonlySet<AgentKey> {
  const holds = (taken: readonly Taken[]) => taken.some(({ holder }) => holder === agent)
  return new Set([...allocated].filter(([, taken]) => holds(taken)).map(([owner]) => owner))
}

function without(card: NodeCapability, { share }: Taken): NodeCapability {
  const { compute, storage, inference } = card.capabilities
  const named = compute.gpus.length > 0 || !compute.gpu ? compute.gpus : [compute.gpu]
  const gpus = withoutLargest(named, share.gpu_count)
  const isTaken = (name: string) => share.tags.includes(`${MODEL_TAG}${name}`)
  return {
    ...card,
    capabilities: {
      ...card.capabilities,
      compute: {
        ...compute,
        cpu_cores: Math.max(0, compute.cpu_cores - share.cpu_cores),
        ram_gb: Math.max(0, compute.ram_gb - share.memory_mib / mib),
        gpu: gpus[0] ?? null,
        gpus,
      },
      storage: { ...storage, local_ssd_gb: Math.max(0, storage.local_ssd_gb - share.disk_mib / mib) },
      inference: {
        ...inference,
        models_loaded: inference.models_loaded.filter((name) => !isTaken(name)),
        models: inference.models.filter(({ name }) => !isTaken(name)),
      },
    },
  }
}

/** Returns the GPUs, largest first, without the largest ones. */
function withoutLargest(gpus: readonly Gpu[], count: number): Gpu[] {
  return gpus.toSorted((a, b) => b.vram_gb - a.vram_gb).slice(count)
}
