import type { Revocation } from './generated/membrane.ts'
import type { AuditRecord, Decision, DecisionsIn, Policy, PolicyOf } from './generated/policy-store.ts'
import type { Written } from './generated/shared.ts'
import { callsOf, type ZomeCall } from './zome-call.ts'

/** Functions that write to the own chain. */
export const policyStoreWrites: readonly string[] = ['publish', 'record', 'append', 'revoke']

/** `policy_store`: policies, what they answered, revocations, and seals of audit logs. Reads tell what has arrived here. */
export interface PolicyStore {
  readonly policies: {
    /** Publishes a version of a policy; resolves to the action's hash. */
    publish(policy: Policy, signal: AbortSignal): Promise<string>
    /** The newest version of each publisher of a name. Whom to trust is the caller's decision. */
    byName(name: string, signal: AbortSignal): Promise<Written<Policy>[]>
    /** Every version of one publisher's policy, oldest first. */
    history(wanted: PolicyOf, signal: AbortSignal): Promise<Written<Policy>[]>
  }
  readonly decisions: {
    /** Records what a policy answered here. */
    record(decision: Decision, signal: AbortSignal): Promise<string>
    /** One author's decisions of one hour, oldest first. */
    recent(wanted: DecisionsIn, signal: AbortSignal): Promise<Written<Decision>[]>
  }
  readonly revocations: {
    /** Publishes a revocation. */
    revoke(revocation: Revocation, signal: AbortSignal): Promise<string>
    /** Every revocation that has arrived here, oldest first. */
    revoked(signal: AbortSignal): Promise<Written<Revocation>[]>
  }
  readonly audit: {
    /** Seals a segment of this peer's audit log. */
    append(record: AuditRecord, signal: AbortSignal): Promise<string>
    /** One author's seals, oldest first. */
    list(author: string, signal: AbortSignal): Promise<Written<AuditRecord>[]>
  }
}

/** The client of `policy_store`. Every call rejects as `call` does. */
export function policyStore(call: ZomeCall): PolicyStore {
  const ask = callsOf('policy_store', call)
  return {
    policies: {
      publish: (policy, signal) => ask('policies', 'publish', policy, signal),
      byName: (name, signal) => ask('policies', 'by_name', name, signal),
      history: (wanted, signal) => ask('policies', 'history', wanted, signal),
    },
    decisions: {
      record: (decision, signal) => ask('decisions', 'record', decision, signal),
      recent: (wanted, signal) => ask('decisions', 'recent', wanted, signal),
    },
    revocations: {
      revoke: (revocation, signal) => ask('revocations', 'revoke', revocation, signal),
      revoked: (signal) => ask('revocations', 'revoked', null, signal),
    },
    audit: {
      append: (record, signal) => ask('audit', 'append', record, signal),
      list: (author, signal) => ask('audit', 'list', author, signal),
    },
  }
}
