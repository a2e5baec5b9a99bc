/** Decides the state of this machine on its network. */

/** The states of this machine on its network. */
export const ownStates = ['connected', 'syncing', 'isolated'] as const

/**
 * This machine's state, with its reason. `isolated`: no accepted machine is there. `syncing`: others are there, and it does not
 * have their data yet or cannot take it. `connected`: it works with others.
 */
export interface OwnState {
  readonly state: (typeof ownStates)[number]
  readonly why: string
}

/** The facts that decide this machine's state. */
export interface OwnFacts {
  /** Whether the machine has an address by which others could reach it. */
  readonly hasAddress: boolean
  /** Other machines by their state; those that wait to be accepted count as `waiting` alone. */
  readonly there: number
  readonly waiting: number
  readonly unreachable: number
  readonly left: number
  /** Machines that are there, and whose card the DHT has not brought. */
  readonly cardsMissing: number
  readonly isConductorReady: boolean
  /** Whether the own chains are being compared with the copies of peers. */
  readonly isComparing: boolean
}

/** Returns this machine's state. Pure. */
export function ownState(facts: OwnFacts): OwnState {
  const { there, cardsMissing, isConductorReady, isComparing } = facts
  if (there === 0) return { state: 'isolated', why: whyIsolated(facts) }
  if (!isConductorReady) return { state: 'syncing', why: 'the conductor is starting' }
  if (isComparing) return { state: 'syncing', why: 'its chains are being compared with the copies of others' }
  if (cardsMissing > 0)
    return { state: 'syncing', why: `the DHT has not brought the cards of ${machines(cardsMissing)} yet` }
  return { state: 'connected', why: `${machines(there)} ${there === 1 ? 'is' : 'are'} there` }
}

function whyIsolated({ hasAddress, waiting, unreachable, left }: OwnFacts): string {
  if (!hasAddress) return 'no network interface is up'
  const found = [
    waiting > 0 ? `${machines(waiting)} to be accepted` : null,
    unreachable > 0 ? `${machines(unreachable)} out of reach` : null,
    left > 0 ? `${machines(left)} gone` : null,
  ].filter((part) => part !== null)
  return found.length > 0 ? `nobody is there: ${found.join(', ')}` : 'no other machine has been seen'
}

function machines(count: number): string {
  return count === 1 ? '1 machine' : `${count} machines`
}
