/** Compares a task's requirements with a machine's card. */
import type { Gpu, NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { Task } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { RefusalCode } from '../../types/message.ts'

/** The parts of a task that decide which machines can run it. */
export type Needs = Pick<Task, 'class' | 'work' | 'requirements'>

/** Something that a machine's card lacks for a task. */
export interface Lack {
  readonly code: RefusalCode
  /** The requirement, for people: `64 cores`. */
  readonly needs: string
  /** The available amount, for people. */
  readonly has: string
  /** The available amount as a number. If two machines lack it, the one with more is nearer to the requirement. */
  readonly amount: number
}

/** MiB in a GiB: cards use GiB, and tasks use MiB. */
export const mib = 1024

/** Returns everything that a machine's card lacks for a task; empty if it can run the task. */
export function lacks(task: Needs, card: NodeCapability): Lack[] {
  return [...kindLacks(task, card), ...amountLacks(task, card), ...tagLacks(task, card)]
}

/** Whether a list of models holds the file of a digest. */
export function hasModel(models: readonly { readonly digest: string }[], digest: string): boolean {
  return models.some((model) => model.digest === digest)
}

function kindLacks({ class: kind, work }: Needs, card: NodeCapability): Lack[] {
  const list: Lack[] = []
  if (kind !== 'inference' || work.type !== 'model')
    list.push({ code: 'class_unsupported', needs: `work of class ${kind}`, has: 'inference', amount: 0 })
  if (work.type === 'model' && !hasModel(card.capabilities.inference.models, work.digest)) {
    const has = card.capabilities.inference.models_loaded.join(', ') || 'no model'
    list.push({ code: 'model_missing', needs: `the model ${work.name}`, has, amount: 0 })
  }
  return list
}

function amountLacks({ requirements: needs }: Needs, card: NodeCapability): Lack[] {
  const { compute, storage } = card.capabilities
  const gpus = compute.gpus.length > 0 || !compute.gpu ? compute.gpus : [compute.gpu]
  const rows: ReadonlyArray<readonly [code: RefusalCode, needs: number, has: number, unit: string]> = [
    ['cpu_short', needs.cpu_cores, compute.cpu_cores, 'cores'],
    ['memory_short', needs.memory_mib, compute.ram_gb * mib, 'MiB of memory'],
    ['disk_short', needs.disk_mib, storage.local_ssd_gb * mib, 'MiB of disk'],
    ['gpu_short', needs.gpu_count, gpus.length, 'GPUs'],
    ['vram_short', needs.vram_mib, vramOf(gpus, Math.max(1, needs.gpu_count)), 'MiB of GPU memory'],
  ]
  return rows
    .filter(([, wanted, has]) => has < wanted)
    .map(([code, wanted, has, unit]) => ({
      code,
      needs: `${wanted} ${unit}`,
      has: `${has} ${unit}`,
      amount: has,
    }))
}

/** Returns the least memory, in MiB, among the `count` largest GPUs; 0 if there are fewer GPUs. */
function vramOf(gpus: readonly Gpu[], count: number): number {
  const sizes = gpus.map((gpu) => gpu.vram_gb * mib).sort((a, b) => b - a)
  return sizes[count - 1] ?? 0
}

function tagLacks({ requirements: { tags } }: Needs, card: NodeCapability): Lack[] {
  const missing = tags.filter((tag) => !card.tags.includes(tag))
  if (missing.length === 0) return []
  const has = card.tags.join(', ') || 'no tag'
  return [{ code: 'tag_missing', needs: `the tag ${missing.join(', ')}`, has, amount: -missing.length }]
}
