/** Runs the operations on offers of resources and on allocations. */
import type { Requirements } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { MODEL_TAG, type ResourceKind } from '../../types/allocation.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { resourceAllocate, resourceLs, resourceRelease } from './shape.ts'

/** MiB in a GiB. */
const MIB = 1_024

/** The operations on resources that can be called. */
export const resourceHandlers: readonly Handler<Context>[] = [
  handle(resourceLs, async ({ resources }: Context, { resource_type }, signal) => {
    const { offers, running } = await resources.query(signal)
    return {
      resources: offers
        .filter(({ capacity }) => resource_type === null || hasKind(capacity, resource_type))
        .map(({ node, name, self, capacity, free, price_milli, expires_at }) => ({
          ...{ node_id: node, name, self, capacity: viewOf(capacity), free: viewOf(free) },
          price: price_milli === null ? null : price_milli / 1_000,
          expires_at: dateOf(expires_at),
        })),
      allocations: running.map(({ id, node, holder, share, endpoint, expires_at }) => ({
        ...{ allocation_id: id, node_id: node, holder, share: viewOf(share), endpoint },
        expires_at: dateOf(expires_at),
      })),
    }
  }),
  handle(resourceAllocate, async ({ resources }: Context, given, signal, principal) => {
    const { duration_seconds, ...wish } = given
    const { id, node, endpoint, expires_at } = await resources.allocate(
      { ...wish, duration_s: duration_seconds, principal },
      signal,
    )
    return { allocation_id: id, node_id: node, endpoint, expires_at: dateOf(expires_at) }
  }),
  handle(resourceRelease, async ({ resources }: Context, { allocation_id }, signal) => {
    const { node } = await resources.release(allocation_id, signal)
    return { allocation_id, node_id: node, released: true as const }
  }),
]

function hasKind({ cpu_cores, disk_mib, tags }: Requirements, kind: ResourceKind): boolean {
  const amounts = { compute: cpu_cores, inference: tags.length, storage: disk_mib, memory: 0 }
  return amounts[kind] > 0
}

function viewOf({ cpu_cores, memory_mib, disk_mib, gpu_count, vram_mib, tags }: Requirements) {
  return {
    cpu_cores,
    memory_gb: memory_mib / MIB,
    gpus: gpu_count,
    gpu_vram_gb: gpu_count === 0 ? 0 : vram_mib / MIB,
    storage_gb: disk_mib / MIB,
    models: tags.flatMap((tag) => (tag.startsWith(MODEL_TAG) ? [tag.slice(MODEL_TAG.length)] : [])),
  }
}

const dateOf = (at: number): string => new Date(at).toISOString()
