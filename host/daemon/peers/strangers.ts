/** Accepts and forgets machines of the local network by the names that people use. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { Strangers } from '../../operations/context.ts'
import type { Acceptance } from '../../peers/acceptance.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'

/** Parts that the acceptance of strangers uses. */
export interface StrangersNeeds {
  readonly self: AgentKey
  readonly acceptance: Acceptance
  readonly clock: Pick<Clock, 'now'>
  peers(): readonly Peer[]
  /** Returns the libp2p key of an agent whose card was verified; null for others. */
  publicKeyOf(agent: AgentKey): string | null
  /** Called after each change, so that peers learn of it. */
  changed(): void
}

/** The beginning of an agent key that names a machine has at least so many characters. */
const PREFIX_MIN = 10

/** Returns the operations' view of acceptance. */
export function openStrangers(needs: StrangersNeeds): Strangers {
  const { acceptance, self, clock } = needs
  const seen = (): Named[] =>
    needs.peers().flatMap(({ agent, card }) => {
      const public_key = needs.publicKeyOf(agent)
      return agent === self || public_key === null ? [] : [{ agent, name: card.agent_name, public_key }]
    })
  return {
    list: () => ({ open: acceptance.isOpen, accepted: acceptance.list() }),
    accept: async (name) => {
      const accepted = { ...pick(name, seen()), at: clock.now() }
      await acceptance.accept(accepted)
      needs.changed()
      return accepted
    },
    forget: async (name) => {
      const found = pick(name, acceptance.list())
      await acceptance.forget(found.public_key)
      needs.changed()
      return found
    },
  }
}

interface Named {
  readonly agent: AgentKey
  readonly name: string
  readonly public_key: string
}

/**
 * Returns the machine that a name or a key means. Anybody can take a name, so two machines of one name are told apart by
 * their keys. Throws `RIPPLE_PEER_UNKNOWN` and `RIPPLE_PEER_AMBIGUOUS`.
 */
function pick<T extends Named>(name: string, known: readonly T[]): T {
  const isKey = (one: T) => name.length >= PREFIX_MIN && one.agent.startsWith(name)
  const found = known.filter((one) => one.name === name || isKey(one))
  const [only] = found
  if (only === undefined) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: name })
  if (found.length > 1) throw new RippleError('RIPPLE_PEER_AMBIGUOUS', { name, count: found.length })
  return only
}
