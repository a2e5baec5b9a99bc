/** Chooses the members that an ensemble would ask now. */
import type { Inference } from '../../types/answer.ts'
import type { DataClass } from '../../types/data-class.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { ableModels, type ModelTraits, type PromptForm } from './able-models.ts'
import { type Choice, chooseMembers } from './members.ts'
import type { Membership } from './types.ts'

/** The ports that show who may vote. */
export interface MembersNeeds extends ModelTraits {
  readonly agent: AgentKey
  readonly inference: Pick<Inference, 'models'>
  /** Machines that are online, self included. */
  peers(): readonly Peer[]
}

/** The properties of a question that decide who may vote. */
export interface MembersAsk extends Omit<Choice, 'self' | 'models' | 'peers'> {
  readonly form: PromptForm
  /** Only this machine is asked for `secret` data. */
  readonly data_class: DataClass | undefined
}

/** Returns the members of the local tier that would be asked now. A score card must cover these members. */
export function membersNow(needs: MembersNeeds, { form, data_class, ...choice }: MembersAsk): Membership {
  const models = ableModels(needs.inference.models(), form, needs)
  const peers = needs.peers().filter(({ agent }) => data_class !== 'secret' || agent === needs.agent)
  return chooseMembers({ ...choice, self: needs.agent, models, peers })
}
