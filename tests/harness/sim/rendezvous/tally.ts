import type { Millis } from '../../../../host/types/events.ts'
import type { Seeds, Work } from '../shares.ts'

/** Seeds of meshes with so many machines; null for 5 to 20, by the seed. */
export interface RendezvousBatch extends Seeds {
  readonly hosts: number | null
}

/** The sum over some seeds. */
export interface RendezvousTally {
  readonly seeds: number
  readonly hosts: number
  readonly simulated_ms: Millis
  readonly messages: number
  /** Milliseconds until each group had one server after the faults, by seed. */
  readonly healed_ms: readonly Millis[]
  /** Milliseconds until the next server was found after the death of one, by the way it died. */
  readonly taken_over_ms: Readonly<Record<string, readonly Millis[]>>
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[]
}

/** The simulations of the rendezvous, for several threads. */
export const rendezvousWork: Work<RendezvousTally> = {
  thread: new URL('./thread.ts', import.meta.url),
  empty: {
    seeds: 0,
    hosts: 0,
    simulated_ms: 0,
    messages: 0,
    healed_ms: [],
    taken_over_ms: {},
    failures: [],
  },
  added,
}

/** Returns the machines of a seed. */
export function hostsOf(seed: number, hosts: number | null): number {
  return hosts ?? 5 + (seed % 16)
}

function added(a: RendezvousTally, b: RendezvousTally): RendezvousTally {
  const taken: Record<string, readonly Millis[]> = { ...a.taken_over_ms }
  for (const [kind, times] of Object.entries(b.taken_over_ms))
    taken[kind] = [...(taken[kind] ?? []), ...times]
  return {
    seeds: a.seeds + b.seeds,
    hosts: a.hosts + b.hosts,
    simulated_ms: a.simulated_ms + b.simulated_ms,
    messages: a.messages + b.messages,
    healed_ms: [...a.healed_ms, ...b.healed_ms],
    taken_over_ms: taken,
    failures: [...a.failures, ...b.failures].sort((one, other) => one.seed - other.seed),
  }
}
