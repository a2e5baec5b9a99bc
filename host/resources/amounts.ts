/** Computes with amounts of resources. */
import type { NodeCapability } from '../../zomes-bindings/generated/agent-registry.ts'
import { NAME_BYTES_MAX, TAGS_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { Requirements } from '../../zomes-bindings/generated/resource-mesh.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { mib } from '../mesh/state/lacks.ts'
import { MODEL_TAG, type ResourceKind, type Wanted } from '../types/allocation.ts'

/** No amount of anything. */
export const nothing: Requirements = {
  ...{ cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0 },
  tags: [],
}

const counts = ['cpu_cores', 'memory_mib', 'disk_mib', 'gpu_count'] as const

/** Returns all that a machine's card says it shares. As many models are named as an offer has space for. */
export function capacityOf({ capabilities: { compute, storage, inference } }: NodeCapability): Requirements {
  const gpus = compute.gpus.length > 0 || !compute.gpu ? compute.gpus : [compute.gpu]
  const tags = inference.models.map(({ name }) => `${MODEL_TAG}${name}`)
  return {
    cpu_cores: compute.cpu_cores,
    memory_mib: compute.ram_gb * mib,
    disk_mib: storage.local_ssd_gb * mib,
    gpu_count: gpus.length,
    vram_mib: Math.max(0, ...gpus.map(({ vram_gb }) => vram_gb * mib)),
    tags: [...new Set(tags)].filter((tag) => Buffer.byteLength(tag) <= NAME_BYTES_MAX).slice(0, TAGS_MAX),
  }
}

/** The fields that a kind of resource may name; the first one must be named, but for `compute` any. */
const fieldsOf = {
  compute: ['cpu_cores', 'memory_gb', 'gpu', 'gpu_vram_gb'],
  inference: ['model_name', 'cpu_cores', 'memory_gb', 'gpu', 'gpu_vram_gb'],
  storage: ['storage_gb'],
} as const satisfies Partial<Record<ResourceKind, readonly (keyof Wanted)[]>>

/**
 * Returns the share that a request asks for. Rejects with `RIPPLE_RESOURCE_INVALID` where a field does not belong to the
 * kind, where nothing is asked for, and for `memory`, because no machine keeps vector partitions for others.
 */
export function shareOf(kind: ResourceKind, wanted: Wanted): Requirements {
  if (kind === 'memory') throw invalid('resource_type', 'no machine of this release shares vector partitions')
  const allowed: readonly string[] = fieldsOf[kind]
  const named = (Object.keys(wanted) as (keyof Wanted)[]).filter((field) => Boolean(wanted[field]))
  const foreign = named.find((field) => !allowed.includes(field))
  if (foreign !== undefined) throw invalid(foreign, `'${kind}' has no ${foreign}`)
  if (kind === 'inference' && wanted.model_name === null) throw invalid('model_name', 'it names no model')
  if (named.length === 0) throw invalid('requirements', 'nothing is asked for')
  const { cpu_cores, memory_gb, gpu, gpu_vram_gb, storage_gb, model_name } = wanted
  return {
    cpu_cores,
    memory_mib: Math.ceil(memory_gb * mib),
    disk_mib: Math.ceil(storage_gb * mib),
    gpu_count: gpu || gpu_vram_gb > 0 ? 1 : 0,
    vram_mib: Math.ceil(gpu_vram_gb * mib),
    tags: model_name === null ? [] : [`${MODEL_TAG}${model_name}`],
  }
}

/** Returns what is left of an amount: each model can be held by one agent, and of the GPUs' memory only the size counts. */
export function minus(whole: Requirements, part: Requirements): Requirements {
  const rest = Object.fromEntries(counts.map((name) => [name, Math.max(0, whole[name] - part[name])]))
  const tags = whole.tags.filter((tag) => !part.tags.includes(tag))
  return { ...whole, ...rest, tags }
}

/** Whether an amount has all of another one. */
export function covers(whole: Requirements, part: Requirements): boolean {
  const enough = [...counts, 'vram_mib' as const].every((name) => whole[name] >= part[name])
  return enough && part.tags.every((tag) => whole.tags.includes(tag))
}

/** Whether two amounts are the same. */
export function isSameAmount(a: Requirements, b: Requirements): boolean {
  return covers(a, b) && covers(b, a)
}

/** Whether an amount is nothing, as in the entry that ends an allocation. */
export function isNothing(amount: Requirements): boolean {
  return covers(nothing, amount)
}

function invalid(field: string, detail: string): RippleError {
  return new RippleError('RIPPLE_RESOURCE_INVALID', { field, detail })
}
