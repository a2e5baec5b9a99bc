/** Prepares the membrane proofs with which the cells of a private network begin. */
import { type AgentPubKey, encodeHashToBase64, type RoleSettingsMap } from '@holochain/client'
import { encode } from '@msgpack/msgpack'
import type { Membrane, MembraneProof } from '../../zomes-bindings/generated/membrane.ts'
import type { AgentKey } from '../types/events.ts'

/** The membership of a private network. */
export interface Membership {
  readonly membrane: Membrane
  /** The key for which a proof was requested before; null for none. */
  readonly askedFor: AgentKey | null
  /**
   * Returns the proof that the key is a member, and asks an issuer for it if need be. Rejects with `RIPPLE_NOT_MEMBER`,
   * `RIPPLE_INVITE_REFUSED`, `RIPPLE_INVITER_UNREACHABLE`.
   */
  proofOf(agent: AgentKey): Promise<MembraneProof>
}

/** The properties and the proof with which each cell begins. */
export interface CellStart {
  readonly properties: { readonly max_action_seq: number; readonly membrane?: Membrane }
  readonly membrane_proof?: Uint8Array
}

/** Returns the start of each cell of a key. An open network needs no proof. Rejects as `Membership.proofOf` does. */
export async function cellStart(
  max_action_seq: number,
  membership: Membership | null,
  agent: AgentPubKey,
): Promise<CellStart> {
  if (membership === null) return { properties: { max_action_seq } }
  const proof = await membership.proofOf(encodeHashToBase64(agent))
  return { properties: { max_action_seq, membrane: membership.membrane }, membrane_proof: encode(proof) }
}

/** Returns the settings of an installation, the same for each role; undefined for an open network. */
export function roleSettings(roles: readonly string[], start: CellStart): RoleSettingsMap | undefined {
  const { properties, membrane_proof } = start
  if (membrane_proof === undefined) return undefined
  const value = { membrane_proof, modifiers: { properties } }
  return Object.fromEntries(roles.map((role) => [role, { type: 'provisioned', value }]))
}
