/** Remembers which models peers have in memory. */
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'

/**
 * The sha256 of each model that a peer has in memory, from its last beat by stream. A beat by signal does not list them.
 */
export type LoadedModels = LRUCache<AgentKey, readonly string[]>

/** Makes an empty memory, which keeps a bounded number of agents: anyone on the network can send beats. */
export const loadedModels = (): LoadedModels => new LRUCache({ max: limits.presence_agents_max })
