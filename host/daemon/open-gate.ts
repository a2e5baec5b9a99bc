import type { Config } from '../config/config.ts'
import { PolicyGate } from '../policy/gate.ts'
import { ownersPolicies, shippedPolicies } from '../policy/store.ts'
import { systemClock } from '../work/clock.ts'
import type { OpenData } from './open-data.ts'

/** Opens the policy gate: the owner's policies come before the shipped ones. */
export function openGate(config: Config, { paths, log }: OpenData, network: string): Promise<PolicyGate> {
  return PolicyGate.open({
    sources: [ownersPolicies(paths.policies), shippedPolicies()],
    auditFolder: paths.audit,
    network,
    owner: config.policy,
    now: () => systemClock.now(),
    trouble: ({ code, detail }) => log.warn({ code, detail }, 'the policy gate'),
  })
}
