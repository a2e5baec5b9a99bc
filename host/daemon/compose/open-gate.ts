/** Opens the gate on the policies of a data folder. */
import type { Config } from '../../config/config.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { daemonOperations } from '../../operations/registry.ts'
import { PolicyGate } from '../../policy/gate.ts'
import { policySources } from '../../policy/store.ts'
import { systemClock } from '../../work/context/clock.ts'
import type { OpenData } from './open-data.ts'

/** Opens the policy gate; it reports its own decisions. Rejects with `RIPPLE_CONFIG_INVALID` for a denied tool that does not exist. */
export async function openGate(
  config: Config,
  { paths, emit }: OpenData,
  network: string,
): Promise<PolicyGate> {
  checkDenied(config)
  return PolicyGate.open({
    sources: policySources(paths.policies),
    auditFolder: paths.audit,
    network,
    owner: config.policy,
    now: () => systemClock.now(),
    emit,
  })
}

/** Refuses a denial that would deny nothing. */
function checkDenied({ file, policy: { deny_calls } }: Config): void {
  const known = new Set(['*', ...daemonOperations.map(({ surfaces }) => surfaces.mcp)])
  const unknown = deny_calls.find((one) => !known.has(one.split('@')[0]))
  if (unknown === undefined) return
  const detail = `policy.deny_calls: no tool is called '${unknown}'; docs/MCP.md lists them`
  throw new RippleError('RIPPLE_CONFIG_INVALID', { file, detail })
}
