/** Runs the operations on policies. */
import { RippleError } from '../../errors/ripple-error.ts'
import { type DecisionPoint, decisionPoints } from '../../types/decision.ts'
import type { Json } from '../../types/json.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { factsObject, policyAudit, policyDecide, policyList, policyShow, policyTest } from './shape.ts'

/** The operations on policies that can be called. */
export const policyHandlers: readonly Handler<Context>[] = [
  handle(policyList, async ({ policies }: Context, { verify }) => ({
    policies: await policies.list(),
    last: policies.last(),
    audit_folder: policies.auditFolder,
    audit: verify ? await policies.verifyAudit() : null,
  })),
  handle(policyShow, async ({ policies }: Context, { name }) => policies.show(known(name))),
  handle(policyAudit, async ({ policies }: Context, { decided, point, subject, limit }) => {
    const allow = decided === null ? null : decided === 'allowed'
    const found = await policies.audit({ allow, point, subject }, limit + 1)
    return { decisions: found.slice(0, limit), more: found.length > limit }
  }),
  handle(policyTest, async ({ policies }: Context, { name }) => ({
    cases: await policies.test(name === null ? decisionPoints : [known(name)]),
  })),
  handle(policyDecide, async ({ policies }: Context, { point, facts }) => ({
    ...(await policies.dryRun(known(point), parsedFacts(facts))),
    dry_run: true as const,
  })),
]

function known(name: string): DecisionPoint {
  const found = decisionPoints.find((point) => point === name)
  if (found === undefined) throw new RippleError('RIPPLE_POLICY_UNKNOWN', { name })
  return found
}

function parsedFacts(facts: string | Record<string, Json>): Record<string, Json> {
  if (typeof facts !== 'string') return facts
  try {
    return factsObject.parse(JSON.parse(facts))
  } catch (cause) {
    throw new RippleError('RIPPLE_BODY_INVALID', { detail: "'facts': not a JSON object" }, { cause })
  }
}
