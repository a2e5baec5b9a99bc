/** Opens the gate on the policies of a data folder. */
import type { Config } from '../../config/config.ts'
import type { DataPaths } from '../../config/paths.ts'
import { PolicyGate } from '../../policy/gate.ts'
import { ownersPolicies, type PolicySource, shippedPolicies } from '../../policy/store.ts'
import { systemClock } from '../../work/context/clock.ts'
import type { OpenData } from './open-data.ts'

/** Lists the sources of a data folder's policies: the owner's before the shipped ones. */
export function policySources({ policies }: Pick<DataPaths, 'policies'>): readonly PolicySource[] {
  return [ownersPolicies(policies), shippedPolicies()]
}

/** Opens the policy gate; it reports its own decisions. */
export function openGate(config: Config, { paths, emit }: OpenData, network: string): Promise<PolicyGate> {
  return PolicyGate.open({
    sources: policySources(paths),
    auditFolder: paths.audit,
    network,
    owner: config.policy,
    now: () => systemClock.now(),
    emit,
  })
}
