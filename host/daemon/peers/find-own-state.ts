/** Finds the state of this machine on its network, and reports its changes. */
import { networkInterfaces } from 'node:os'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import { type PresenceBoard, stateNow } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Clock } from '../../types/clock.ts'
import { type OwnState, ownState } from '../../types/own-state.ts'

/** Parts of the daemon that show its state on the network. */
export interface OwnStateNeeds {
  readonly conductor: Pick<ConductorHandle, 'agent' | 'status' | 'guard'>
  readonly presence: Pick<PresenceBoard, 'peers' | 'cardsMissing' | 'onPeers'>
  readonly clock: Pick<Clock, 'now'>
}

/** Returns this machine's state now. */
export function findOwnState({ conductor, presence, clock }: OwnStateNeeds): OwnState {
  const now = clock.now()
  const others = presence.peers().filter(({ agent }) => agent !== conductor.agent)
  const accepted = others.filter(({ waiting }) => !waiting)
  const states = accepted.map((peer) => stateNow(peer, now))
  const count = (...wanted: readonly string[]) => states.filter((state) => wanted.includes(state)).length
  return ownState({
    hasAddress: Object.values(networkInterfaces()).some((all) => all?.some(({ internal }) => !internal)),
    there: count('online', 'suspect'),
    waiting: others.length - accepted.length,
    unreachable: count('unreachable'),
    left: count('left'),
    cardsMissing: presence.cardsMissing(),
    isConductorReady: conductor.status().state === 'ready',
    isComparing: conductor.guard.checking(),
  })
}

/** Reports each change of this machine's state. The returned function ends that. */
export function reportOwnState(needs: OwnStateNeeds, emit: Emit): () => void {
  let before: OwnState['state'] | null = null
  const look = (): void => {
    const { state, why } = findOwnState(needs)
    if (state !== before) emit({ type: 'own_state', state, why })
    before = state
  }
  look()
  const ends = [needs.presence.onPeers(look), needs.conductor.guard.onChange(look)]
  return () => {
    for (const end of ends) end()
  }
}
