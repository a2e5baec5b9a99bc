/** Writes and reads the name of a model on a named machine. */
import type { AgentKey } from './events.ts'

const peerModel = /^peer:([^/]{1,128})\/(.+)$/s

/** Returns the name of a model on one machine: `peer:<agent>/<model>`. */
export function peerModelName(agent: AgentKey, model: string): string {
  return `peer:${agent}/${model}`
}

/** Reads such a name; null for any other. People may write the machine's name instead of its agent's key. */
export function readPeerModel(name: string): { readonly agent: string; readonly model: string } | null {
  const [, agent, model] = peerModel.exec(name) ?? []
  return agent === undefined || model === undefined ? null : { agent, model }
}
