/** Shows the machines and tasks of the mesh in the words of the node API. */
import type { z } from 'zod'
import type { TaskView } from '../../operations/context.ts'
import type { peerView } from '../../operations/machine/view.ts'

/** A machine as `peers` lists it, with its details. */
export type PeerView = z.output<typeof peerView>

/** MiB of a GiB. */
const GIB_MIB = 1_024
const absent = { version: null, available: false }

/** Returns a machine in the node model. Its id is its agent key; what no card tells is null. Pure. */
export function nodeView(
  { agent, name, state, cpu_cores, ram_gb, seen_ms_ago, details }: PeerView,
  now: number,
) {
  const { gpus = [], disk_gb = 0, tags = [] } = details ?? {}
  return {
    id: agent,
    name,
    ip: null,
    os: null,
    cpu_count: cpu_cores,
    total_memory_mb: Math.round(ram_gb * GIB_MIB),
    disks: [{ mount: '/', total_mb: null, free_mb: Math.round(disk_gb * GIB_MIB) }],
    gpus: gpus.map(({ model, vram_gb }, at) => ({
      id: String(at),
      model,
      mem_mb: Math.round(vram_gb * GIB_MIB),
    })),
    docker: absent,
    k8s: absent,
    last_seen: seen_ms_ago === null ? null : new Date(now - seen_ms_ago).toISOString(),
    tags,
    status: isOnline(state) ? 'online' : 'offline',
  }
}

/** Returns the sums over the machines that are there and take tasks of this one. Pure. */
export function capacityView(peers: readonly PeerView[]) {
  const there = peers.filter(({ state, waiting }) => isOnline(state) && waiting === null)
  const sum = (of: (peer: PeerView) => number): number => there.reduce((total, peer) => total + of(peer), 0)
  const memoryMib = ({ ram_gb }: PeerView): number => ram_gb * GIB_MIB
  return {
    nodes: peers.length,
    online: there.length,
    cpu_count: sum(({ cpu_cores }) => cpu_cores),
    total_memory_mb: Math.round(sum(memoryMib)),
    free_memory_mb: Math.round(
      sum((peer) => memoryMib(peer) * (1 - (peer.details?.load?.memory_percent ?? 0) / 100)),
    ),
    free_disk_mb: Math.round(sum(({ details }) => (details?.disk_gb ?? 0) * GIB_MIB)),
    gpus: sum(({ details }) => details?.gpus.length ?? 0),
    places: sum(({ details }) => details?.places ?? 0),
    held_grants: sum(({ held_grants }) => held_grants ?? 0),
    models: [...new Set(there.flatMap(({ models }) => models))].sort(),
  }
}

/** Returns a task as a pod: this mesh runs tasks where others run containers. Pure. */
export function podView({ id, task, worker, state, model, times }: TaskView) {
  return {
    ...{ id, task, node_id: worker, state, model: model?.name ?? null },
    created_at: new Date(times.posted_at).toISOString(),
  }
}

/** Whether a machine is there. A suspect one is: its last message may only be late. */
function isOnline(state: PeerView['state']): boolean {
  return state === 'online' || state === 'draining' || state === 'suspect'
}
