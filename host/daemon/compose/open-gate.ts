/** Opens the gate on the policies of a data folder. */
import type { Config } from '../../config/config.ts'
import { PolicyGate } from '../../policy/gate.ts'
import { policySources } from '../../policy/store.ts'
import { systemClock } from '../../work/context/clock.ts'
import type { OpenData } from './open-data.ts'

/** Opens the policy gate; it reports its own decisions. */
export function openGate(config: Config, { paths, emit }: OpenData, network: string): Promise<PolicyGate> {
  return PolicyGate.open({
    sources: policySources(paths.policies),
    auditFolder: paths.audit,
    network,
    owner: config.policy,
    now: () => systemClock.now(),
    emit,
  })
}
