/** Adapts the policy gate to the operations. */
import type { Policies } from '../../operations/policy/view.ts'
import type { PolicyGate } from '../../policy/gate.ts'
import type { Policy } from '../../policy/store.ts'
import type { Decision } from '../../types/decision.ts'

/** Returns the policy gate as the operations see it. */
export function policiesOf(gate: PolicyGate): Policies {
  return {
    list: async () =>
      (await gate.list()).map(({ policy, allowed, refused }) => ({ ...viewOf(policy), allowed, refused })),
    last: () => gate.last().map(decisionOf),
    about: async (names) => (await gate.about(names)).map(decisionOf),
    audit: async (choice, most) =>
      (await gate.audit(choice, most)).map(({ facts, ...decision }) => ({ ...decisionOf(decision), facts })),
    auditFolder: gate.auditFolder,
    verifyAudit: async () => {
      const report = await gate.verifyAudit()
      return { ...report, problems: [...report.problems] }
    },
    show: async (name) => {
      const { policy, source, rules } = await gate.show(name)
      return { policy: viewOf(policy), source, rules }
    },
    test: (names) => gate.test(names),
    dryRun: async (point, facts) => {
      const { detail, ...decision } = await gate.dryRun(point, facts)
      return { ...decisionOf(decision), detail }
    },
  }
}

function viewOf({ name, origin, file, digest, problem }: Policy) {
  return { name, origin, file, digest, problem }
}

function decisionOf(decision: Decision) {
  return { ...decision, reasons: [...decision.reasons] }
}
