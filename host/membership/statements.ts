/** Makes the documents that an issuer of a private network signs. */
import type { Issuer, Membrane, MembraneProof, Revocation } from '../../zomes-bindings/generated/membrane.ts'
import type { SigningKey } from '../net/peer-key.ts'
import type { AgentKey } from '../types/events.ts'

/** A key that may make members of a network: the founder's, or a delegate's. */
export interface IssuerKey {
  readonly key: SigningKey
  readonly issuer: Issuer
}

/**
 * Returns the key as an issuer of the network; null if it is neither the founder's nor a delegate's. `delegation` is the
 * founder's signature over the key.
 */
export function issuerOf(membrane: Membrane, key: SigningKey, delegation: string | null): IssuerKey | null {
  if (key.publicKey === membrane.founder) return { key, issuer: { key: key.publicKey, delegation: null } }
  return delegation === null ? null : { key, issuer: { key: key.publicKey, delegation } }
}

/** Makes an agent a member. `invite_expires_at` is the end of its invite, in milliseconds since 1970. */
export async function signProof(
  { network }: Membrane,
  { key, issuer }: IssuerKey,
  agent: AgentKey,
  invite_expires_at: number | null,
): Promise<MembraneProof> {
  const signature = await key.sign(`ripple-member-v1:${network}:${agent}:${invite_expires_at ?? '-'}`)
  return { network, agent, invite_expires_at, issuer, signature }
}

/** Returns the founder's signature that makes another machine's key an issuer. */
export function signDelegation(
  { network }: Membrane,
  founder: SigningKey,
  delegate: string,
): Promise<string> {
  return founder.sign(`ripple-delegate-v1:${network}:${delegate}`)
}

/** Ends an agent's membership, at `at` in milliseconds since 1970. */
export async function signRevocation(
  { network }: Membrane,
  { key, issuer }: IssuerKey,
  agent: AgentKey,
  at: number,
): Promise<Revocation> {
  const signature = await key.sign(`ripple-revoke-v1:${network}:${agent}:${at}`)
  return { network, agent, at, issuer, signature }
}
