/** Knows which zome functions write to their cell's chain. */
import {
  agentRegistryWrites,
  artifactIndexWrites,
  memoryShardsWrites,
  policyStoreWrites,
  resourceMeshWrites,
} from '../../../zomes-bindings/index.ts'

const writes: Readonly<Record<string, readonly string[]>> = {
  agent_registry: agentRegistryWrites,
  resource_mesh: resourceMeshWrites,
  policy_store: policyStoreWrites,
  artifact_index: artifactIndexWrites,
  memory_shards: memoryShardsWrites,
}

/**
 * Whether a zome function writes to its cell's chain. If two writes run at once on one chain, the later fails and tries
 * again, so the daemon runs them in turn.
 */
export function writesToChain(role: string, fn: string): boolean {
  return writes[role]?.includes(fn) ?? false
}
