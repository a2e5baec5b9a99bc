/** Says whether the network has admitted this machine. */
import type { Network } from '../../config/network.ts'
import { membraneOf, readPrivateNetwork } from '../../config/private-networks.ts'
import { NO_PROOF, type PrivateMembership } from '../../membership/membership.ts'
import { openRules } from '../../rules/rules.ts'
import type { AgentKey } from '../../types/events.ts'
import type { MachineFacts } from '../../types/machine-facts.ts'
import { ownKey } from '../machine/own-key.ts'

type Facts = MachineFacts['membrane']

/** The most characters of a reason. */
const WHY_CHARACTERS_MAX = 400

const open: Facts = { state: 'open', why: null }

/** Judges the membership of a running daemon; null stands for an open network. */
export function membershipFacts(
  membership: Pick<PrivateMembership, 'proof' | 'refusal'> | null,
  agent: AgentKey,
): Facts {
  return membership === null ? open : verdict(membership.refusal(agent, membership.proof))
}

/**
 * Judges the membership that a data folder has noted. Returns null if the next start makes a proof, or asks for one. Rejects
 * with `RIPPLE_NOTE_DAMAGED`.
 */
export async function notedMembership(
  data: string,
  { localName }: Pick<Network, 'localName'>,
): Promise<Facts> {
  const noted = localName === null ? null : await readPrivateNetwork(data, localName)
  if (noted === null) return open
  const { proof, invite, founder } = noted
  if (proof !== null)
    return verdict((await openRules()).checkMembership(membraneOf(noted), proof.agent, proof))
  return invite !== null || founder === (await ownKey(data)) ? null : verdict(NO_PROOF)
}

function verdict(refusal: string | null): Facts {
  if (refusal === null) return { state: 'admitted', why: null }
  return { state: 'refused', why: refusal.slice(0, WHY_CHARACTERS_MAX) }
}
