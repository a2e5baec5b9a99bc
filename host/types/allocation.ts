/** Defines what is allocated of a machine. */
import type { Requirements } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { AgentKey } from './events.ts'

/** An amount of a machine's resources that one agent holds. */
export interface Taken {
  readonly holder: AgentKey
  readonly share: Requirements
}

/** The tag that stands for a model in an offer and in an allocation. */
export const MODEL_TAG = 'model:'

/** The kinds of resource that can be asked for. */
export const resourceTypes = ['compute', 'inference', 'storage', 'memory'] as const

/** A kind of resource. */
export type ResourceKind = (typeof resourceTypes)[number]

/** What is asked for, in the wire's names and units; 0, null and `false` ask for nothing. */
export interface Wanted {
  readonly cpu_cores: number
  readonly memory_gb: number
  readonly gpu: boolean
  readonly gpu_vram_gb: number
  readonly storage_gb: number
  readonly model_name: string | null
  readonly vector_dimensions: number
}

/** The preferences for the machine. */
export const localities = ['nearest', 'cheapest', 'fastest', 'any'] as const

/** A preference for the machine. */
export type Locality = (typeof localities)[number]
