/** Chooses the machine for a deployment, and names the steps of an executor. */
import { limits } from '../../limits.ts'
import type { Template } from './templates.ts'

/** The facts of a machine that placement reads. */
export interface PlacedNode {
  readonly id: string
  readonly name: string
  readonly online: boolean
  readonly tags: readonly string[]
  readonly free_memory_gb: number
  readonly free_disk_gb: number
  readonly has_gpu: boolean
}

/** Returns the score of a machine: the highest is chosen. Pure. */
export function scoreOf({ free_memory_gb, free_disk_gb, has_gpu }: PlacedNode): number {
  const { node_memory_weight, node_disk_weight, node_gpu_weight } = limits
  const score =
    free_memory_gb * node_memory_weight + free_disk_gb * node_disk_weight + (has_gpu ? node_gpu_weight : 0)
  return Math.round(score * 100) / 100
}

/** Returns the machines that are there and carry all tags, the best first. Pure. */
export function candidates(nodes: readonly PlacedNode[], tags: readonly string[]): PlacedNode[] {
  return nodes
    .filter((node) => node.online && tags.every((tag) => node.tags.includes(tag)))
    .sort((a, b) => scoreOf(b) - scoreOf(a) || (a.id < b.id ? -1 : 1))
}

/** Returns why no machine can be chosen, with the nearest one; null if one can. Pure. */
export function suggestionFor(nodes: readonly PlacedNode[], tags: readonly string[]): string | null {
  if (candidates(nodes, tags).length > 0) return null
  const missing = (node: PlacedNode): string[] => tags.filter((tag) => !node.tags.includes(tag))
  const [nearest] = nodes
    .filter(({ online }) => online)
    .sort((a, b) => missing(a).length - missing(b).length || scoreOf(b) - scoreOf(a))
  if (nearest === undefined) return 'no machine is online'
  return `${nearest.name} comes nearest: it lacks the tags ${missing(nearest).join(', ')}`
}

/** One step of an executor. */
export interface Step {
  readonly step: 'pull_image' | 'create_volume' | 'run_compose' | 'exec'
  readonly detail: string
}

/** Returns the steps that apply or remove a template with these variables. Volumes stay after a removal. Pure. */
export function stepsOf(
  template: Template,
  vars: Readonly<Record<string, string>>,
  action: 'apply' | 'remove',
): Step[] {
  const name = vars.instance_name ?? template.id
  if (action === 'remove') return [{ step: 'run_compose', detail: `stop and remove ${name}` }]
  const port = vars.host_port ?? String(template.port)
  return [
    { step: 'pull_image', detail: template.image },
    ...(template.volume ? [{ step: 'create_volume', detail: `${name}-data` } as const] : []),
    { step: 'run_compose', detail: `start ${name} with port ${port} to ${template.port}` },
    ...(template.check === null ? [] : [{ step: 'exec', detail: template.check } as const]),
  ]
}
