/** Defines the outputs of the operations on policies. */
import { z } from 'zod'
import { decisionPoints } from '../../types/decision.ts'
import type { Json } from '../../types/json.ts'

const count = z.number().int().nonnegative()
const time = z.number().nonnegative()
const digest = z.string().nullable().describe('sha256 of the wasm; null if that cannot be read')

/** A policy in effect. */
export const policyView = z.strictObject({
  name: z.enum(decisionPoints).describe('its name, which is the point at which it is asked'),
  origin: z.enum(['shipped', 'owner']).describe('whether Ripple ships it or the owner wrote it'),
  file: z.string().describe('path of its wasm'),
  digest,
  problem: z
    .strictObject({
      code: z.enum(['policy_missing', 'policy_corrupt']).describe('the kind of fault'),
      detail: z.string().describe('the fault as a sentence'),
    })
    .nullable()
    .describe('why it refuses everything; null if it can be used'),
})

/** A policy with the counts of its decisions since the daemon's start. */
export const standingView = policyView.extend({
  allowed: count.describe('requests that it has allowed since the start of the daemon'),
  refused: count.describe('requests that it has refused since the start of the daemon'),
})

/** A decision. */
export const decisionView = z.strictObject({
  id: z.string().describe('its id in the audit file'),
  point: z.enum(decisionPoints).describe('the point at which the policy was asked'),
  subject: z.string().describe('its subject: a key, a hash or a digest'),
  allow: z.boolean().describe('whether it allows'),
  rule: z.string().describe('the rule that decided'),
  reasons: z.array(z.string()).describe('codes of the reasons; at least one in a refusal'),
  policy: z
    .strictObject({ name: z.string().describe('its name'), digest })
    .describe('the policy that decided'),
  at: time.describe('when it was made'),
})

/** A decision as the audit file stores it. */
export const auditedView = decisionView.extend({
  facts: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .describe('facts of it that are safe to store: none is a prompt, a secret or a payload'),
})

/** The contents of the audit file, and its faults. */
export const auditView = z.strictObject({
  segments: count.describe('files that it consists of'),
  bytes: count.describe('their size'),
  decisions: count.describe('decisions in it'),
  allowed: count.describe('those that allowed'),
  refused: count.describe('those that refused'),
  since: time.nullable().describe('when the oldest decision in it was made; null without one'),
  torn: count.describe('lines that a crash or a full disk broke off'),
  problems: z.array(z.string()).describe('places that are not as they were written'),
})

/** One rule of a policy. */
export const ruleView = z.strictObject({
  code: z.string().describe('the reason of a refusal'),
  says: z.string().describe('the condition that has to hold'),
})

/** The Rego of a policy. */
export const sourceView = z.strictObject({
  file: z.string().describe('path of the file'),
  digest: z.string().describe('sha256 of the file'),
  text: z.string().describe('its content'),
})

/** The outcome of a test case. */
export const caseView = z.strictObject({
  policy: z.enum(decisionPoints).describe('the policy that it tests'),
  name: z.string().describe('its name'),
  ok: z.boolean().describe('whether the policy decided as expected'),
  found: z.string().nullable().describe('the decision and the expected one; null if they are equal'),
})

type DecisionView = z.input<typeof decisionView>
type AuditedView = z.input<typeof auditedView>
type Name = z.output<typeof policyView>['name']

/** The policies of this machine. */
export interface Policies {
  list(): Promise<z.input<typeof standingView>[]>
  /** Returns the last decisions, newest first. */
  last(): DecisionView[]
  /** Returns the decisions about a task by its key and hash, or about a request by its trace, oldest first. */
  about(names: readonly string[]): Promise<DecisionView[]>
  /** Returns the newest decisions of a choice, newest first; null chooses all. */
  audit(
    choice: { readonly allow: boolean | null; readonly point: Name | null; readonly subject: string | null },
    most: number,
  ): Promise<AuditedView[]>
  /** The folder of the audit file. */
  readonly auditFolder: string
  verifyAudit(): Promise<z.input<typeof auditView>>
  show(name: Name): Promise<{
    policy: z.input<typeof policyView>
    source: z.input<typeof sourceView> | null
    rules: z.input<typeof ruleView>[]
  }>
  /** Runs the cases of these policies. Rejects with `RIPPLE_CONFIG_INVALID`. */
  test(names: readonly Name[]): Promise<z.input<typeof caseView>[]>
  /** Returns a hypothetical decision; it has no effect, and no record is written. */
  dryRun(
    point: Name,
    facts: { readonly [name: string]: Json },
  ): Promise<DecisionView & { detail: string | null }>
}
