import type { AgentKey } from './events.ts'

const peerModel = /^peer:([^/]{1,128})\/(.+)$/s

/** The name of a model as one machine has it: `peer:<agent>/<model>`. */
export function peerModelName(agent: AgentKey, model: string): string {
  return `peer:${agent}/${model}`
}

/** What such a name says; null for any other. People may write the machine's name in place of its agent's key. */
export function readPeerModel(name: string): { readonly agent: string; readonly model: string } | null {
  const [, agent, model] = peerModel.exec(name) ?? []
  return agent === undefined || model === undefined ? null : { agent, model }
}
