import type { Inference } from '../types/answer.ts'
import type { DataClass } from '../types/data-class.ts'
import type { AgentKey } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { ableModels, type ModelFacts, type PromptForm } from './able-models.ts'
import { type Choice, chooseMembers } from './members.ts'
import type { Membership } from './types.ts'

/** What it takes to know who may vote. */
export interface MembersNeeds extends ModelFacts {
  readonly agent: AgentKey
  readonly inference: Pick<Inference, 'models'>
  /** Machines that are online, self included. */
  peers(): readonly Peer[]
}

/** What is asked, as far as it says who may vote. */
export interface MembersAsk extends Omit<Choice, 'self' | 'models' | 'peers'> {
  readonly form: PromptForm
  /** What is `secret` is asked of this machine alone. */
  readonly data_class: DataClass | undefined
}

/** The members of the local tier that would be asked now: those of whom a score card must speak. */
export function membersNow(needs: MembersNeeds, { form, data_class, ...choice }: MembersAsk): Membership {
  const models = ableModels(needs.inference.models(), form, needs)
  const peers = needs.peers().filter(({ agent }) => data_class !== 'secret' || agent === needs.agent)
  return chooseMembers({ ...choice, self: needs.agent, models, peers })
}
