/** Defines how the work that machines do for each other is counted. */
import type { AgentKey } from './events.ts'

/** The ways of work: done here for another machine, done there for this one, or done here for this one. */
export const usageWays = ['given', 'received', 'own'] as const
export type UsageWay = (typeof usageWays)[number]

/** The counts of one UTC day, way, peer and class. */
export interface UsageRow {
  /** Such as `2026-11-25`. */
  readonly day: string
  readonly way: UsageWay
  /** The poster of given work, or the worker of received work. */
  readonly peer: AgentKey
  /** The class: the digest of the model or command. */
  readonly sha256: string
  /** The model's name by the last task; null for a command. */
  readonly model: string | null
  /** Finished runs of given work, or accepted tasks of received work. */
  readonly tasks: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly run_ms: number
}
