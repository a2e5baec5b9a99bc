/** Compares this machine with another one by the code that a person has pasted. */
import { readFactsCode } from '../../doctor/facts-code.ts'
import type { MachineFacts, PairFacts } from '../../types/machine-facts.ts'
import type { CompareNeeds } from './compare.ts'
import { tryAddresses } from './tcp-reach.ts'

/**
 * Compares this machine with that of a code. Only this machine can try to reach the other then. Without a daemon nothing
 * `knows` the other one. Rejects with `RIPPLE_DOCTOR_CODE`.
 */
export async function compareByCode(
  code: string,
  here: MachineFacts,
  knows: CompareNeeds['knows'] | null,
  signal: AbortSignal,
): Promise<PairFacts> {
  const there = readFactsCode(code)
  const unknown = { named: null, mdns: null, accepted: null, path: null }
  const [tcp, known] = await Promise.all([
    tryAddresses(there.addresses ?? [], signal),
    knows === null ? unknown : knows(there),
  ])
  return {
    name: there.name,
    way: 'code',
    there,
    skew_ms: skewOf(here, there),
    seen_ms_ago: null,
    left: false,
    out: { tcp, udp: null, ...known },
    back: null,
  }
}

/**
 * Returns how far the other clock is ahead. Two machines that have asked the same server know that exactly; otherwise the
 * age of the code counts as well.
 */
function skewOf(here: MachineFacts, there: MachineFacts): number {
  const [own, other] = [here.server?.skew_ms ?? null, there.server?.skew_ms ?? null]
  if (own !== null && other !== null && here.server?.id === there.server?.id) return other - own
  return there.at - here.at
}
