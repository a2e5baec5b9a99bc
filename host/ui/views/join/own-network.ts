/** Finds the network on which this machine runs among those that it knows. */
import type { AnswerOf } from '../../daemon/call.ts'
import { machine } from '../../state/machines.ts'

type Network = AnswerOf<'network.ls'>['networks'][number]

/** Returns the name of the network on which the daemon runs; null before it is known. */
export function runningName(): string | null {
  const here = machine.value?.network
  return here ? (here.local ?? here.name) : null
}

/** Returns the network on which the daemon runs; null before it is known, and if the data folder does not list it. */
export function ownNetwork(known: AnswerOf<'network.ls'> | null): Network | null {
  return known?.networks.find(({ name }) => name === runningName()) ?? null
}
