/** Describes a scenario of the mesh. */
import type { Figure } from './figure.ts'

/** How a scenario is run. */
export interface Run {
  /** Whether the figures are wanted for the pages, which takes hours; otherwise each thing is done once or twice. */
  readonly full: boolean
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Something that happens to real hosts, and what is measured of it. */
export interface Scenario {
  readonly name: string
  readonly about: string
  run(run: Run): Promise<readonly Figure[]>
}

/** What a mesh promises: the most seconds, the most of a cost, and the least of what several peers do together. */
export const bounds = {
  join_s: 20,
  first_task_s: 10,
  whole_s: 30,
  agree_s: 60,
  return_s: 30,
  idle_bytes_ratio: 1.3,
  idle_cpu_ratio: 1.5,
  idle_core_percent: 6,
  share_of_peers: 0.9,
} as const

/** How long a scenario waits for what should come within seconds, in milliseconds. */
export const PATIENCE_MS = 180_000
