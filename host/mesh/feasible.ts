import type { Gpu } from '../../zomes-bindings/generated/Gpu.ts'
import type { NodeCapability } from '../../zomes-bindings/generated/NodeCapability.ts'
import type { Task } from '../../zomes-bindings/generated/Task.ts'
import type { Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'

/** MiB in a GiB: cards speak of GiB, tasks of MiB. */
const mib = 1024

/** Whether a peer was heard of lately, or sits on this very machine. */
export function isPresent(peer: Peer, self: string, now: Millis, awayMs: number): boolean {
  return peer.agent === self || (peer.seenAt !== null && now - peer.seenAt <= awayMs)
}

/** Everything in a machine's card that keeps it from running a task; empty when it can. */
export function shortfalls(task: Task, card: NodeCapability): RefusalCode[] {
  const { compute, storage, inference } = card.capabilities
  const needs = task.requirements
  const gpus = fittingGpus(
    compute.gpus.length > 0 || !compute.gpu ? compute.gpus : [compute.gpu],
    needs.vram_mib,
  )
  const checks: ReadonlyArray<readonly [RefusalCode, boolean]> = [
    ['class_unsupported', task.class !== 'inference' || task.work.type !== 'model'],
    ['model_missing', task.work.type === 'model' && !hasModel(inference.models, task.work.digest)],
    ['cpu_short', compute.cpu_cores < needs.cpu_cores],
    ['memory_short', compute.ram_gb * mib < needs.memory_mib],
    ['disk_short', storage.local_ssd_gb * mib < needs.disk_mib],
    ['gpu_short', Math.max(compute.gpus.length, compute.gpu ? 1 : 0) < needs.gpu_count],
    ['vram_short', needs.vram_mib > 0 && gpus < Math.max(1, needs.gpu_count)],
    ['tag_missing', needs.tags.some((tag) => !card.tags.includes(tag))],
  ]
  return checks.filter(([, short]) => short).map(([code]) => code)
}

/** Whether a list of models holds the file of a digest. */
export function hasModel(models: readonly { readonly digest: string }[], digest: string): boolean {
  return models.some((model) => model.digest === digest)
}

function fittingGpus(gpus: readonly Gpu[], vramMib: number): number {
  return gpus.filter((gpu) => gpu.vram_gb * mib >= vramMib).length
}

/** Why a peer cannot be asked to run a task, from all that the poster knows of it; empty when it can. */
export function feasible(task: Task, peer: Peer, self: string, now: Millis, awayMs: number): RefusalCode[] {
  const codes = shortfalls(task, peer.card)
  const availability = peer.presence?.availability ?? peer.card.availability
  if (availability === 'draining') codes.push('draining')
  if (availability === 'offline' || !isPresent(peer, self, now, awayMs)) codes.push('offline')
  return codes
}
