/** Defines the operations that list, show, test and try policies. */
import { z } from 'zod'
import { decisionPoints } from '../../types/decision.ts'
import { json } from '../../types/json.ts'
import { defineOperation } from '../operation.ts'
import {
  auditedView,
  auditView,
  caseView,
  decisionView,
  policyView,
  ruleView,
  sourceView,
  standingView,
} from './view.ts'

/** The facts of a decision, by their name. */
export const factsObject = z.record(z.string(), json)

/** Lists the policies, their decisions, and the state of the audit file. */
export const policyList = defineOperation({
  name: 'policy.list',
  title: 'List policies',
  summary: 'List the policies that count, where they come from and what they decided',
  description:
    'Lists the policies of this machine with their origin, digest and counts, and the last decisions. With verify, it also reads the audit file and names its faults.',
  effect: 'read',
  input: z.strictObject({
    verify: z.boolean().default(false).describe('read the audit file and say whether it is whole'),
  }),
  output: z.strictObject({
    policies: z.array(standingView).describe('the policies in effect'),
    last: z.array(decisionView).describe('the last decisions, newest first'),
    audit_folder: z.string().describe('the folder of the audit file'),
    audit: auditView
      .nullable()
      .describe('contents and faults of the audit file; null unless it was verified'),
  }),
  errors: [],
  examples: ['ripple policy list', 'ripple policy list --verify'],
  surfaces: { mcp: 'policy.list', cli: { flags: { verify: '--verify' } } },
})

/** Shows one policy. */
export const policyShow = defineOperation({
  name: 'policy.show',
  title: 'Show a policy',
  summary: 'Show a policy: its digest, its rules and its source',
  description:
    'Returns one policy with the conditions that its rules require, the codes of its refusals, and its source in Rego.',
  effect: 'read',
  input: z.strictObject({ name: z.string().describe(`the policy: ${decisionPoints.join(', ')}`) }),
  output: z.strictObject({
    policy: policyView.describe('the policy in effect'),
    rules: z
      .array(ruleView)
      .describe('its reasons to refuse; the first that applies names the rule of a decision'),
    source: sourceView.nullable().describe('its Rego; null without one'),
  }),
  errors: ['RIPPLE_POLICY_UNKNOWN'],
  examples: ['ripple policy show run', 'ripple policy show egress --json'],
  surfaces: { mcp: 'policy.show', cli: { flags: { name: '<NAME>' } } },
})

/** The most decisions of one answer. */
const AUDIT_MAX = 200

/** Lists the newest decisions of the audit file. */
export const policyAudit = defineOperation({
  name: 'policy.audit',
  title: 'List decisions',
  summary: 'List the newest decisions of the policies, with their reasons and facts',
  description:
    'Lists the newest decisions in the audit file of this machine, those of earlier runs included. Use it to find why something was refused.',
  effect: 'read',
  input: z.strictObject({
    decided: z.enum(['allowed', 'refused']).nullable().default(null).describe('only what was decided so'),
    point: z.enum(decisionPoints).nullable().default(null).describe('only decisions of this policy'),
    subject: z
      .string()
      .min(1)
      .max(128)
      .nullable()
      .default(null)
      .describe('only decisions whose subject contains this text: a key, a hash, a digest or a tool'),
    limit: z.number().int().min(1).max(AUDIT_MAX).default(50).describe('the most decisions'),
  }),
  output: z.strictObject({
    decisions: z.array(auditedView).describe('the decisions, newest first'),
    more: z.boolean().describe('whether older ones were left out'),
  }),
  errors: [],
  examples: ['ripple policy audit --decided refused', 'ripple policy audit --point run --json'],
  surfaces: {
    mcp: 'policy.audit',
    cli: {
      flags: {
        decided: '--decided <WHICH>',
        point: '--point <NAME>',
        subject: '--about <TEXT>',
        limit: '--limit <N>',
      },
    },
  },
})

/** Runs the test cases of the policies in effect. */
export const policyTest = defineOperation({
  name: 'policy.test',
  title: 'Test policies',
  summary: 'Run the test cases of the policies',
  description:
    'Runs the test cases of one policy or of all, and returns for each whether the policy decided as expected. Nothing is recorded.',
  effect: 'read',
  input: z.strictObject({
    name: z.string().nullable().default(null).describe('one policy; all of them otherwise'),
  }),
  output: z.strictObject({ cases: z.array(caseView).describe('the outcome of each case') }),
  errors: ['RIPPLE_POLICY_UNKNOWN', 'RIPPLE_CONFIG_INVALID'],
  examples: ['ripple policy test', 'ripple policy test egress'],
  surfaces: { mcp: 'policy.test', cli: { flags: { name: '[NAME]' } } },
})

/** Returns the decision that a policy would make. */
export const policyDecide = defineOperation({
  name: 'policy.decide',
  title: 'Try a policy',
  summary: 'Say what would be decided of some facts; nothing is done, and the audit file does not have it',
  description:
    'Returns the decision that a policy would make about some facts, with the rule and the reasons. Nothing is done, and the audit file does not record it.',
  effect: 'read',
  input: z.strictObject({
    point: z.string().describe(`where it is asked: ${decisionPoints.join(', ')}`),
    facts: z
      .union([factsObject, z.string()])
      .describe('the facts, or their JSON as text; now, network and the settings are added if they lack'),
  }),
  output: decisionView.extend({
    dry_run: z.literal(true).describe('always true: nothing was done'),
    detail: z
      .string()
      .nullable()
      .describe("the gate's own refusal in detail; null for a decision of a policy"),
  }),
  errors: ['RIPPLE_POLICY_UNKNOWN'],
  examples: ['ripple policy decide merge --facts facts.json', `ripple policy decide egress --facts '{}'`],
  surfaces: {
    mcp: 'policy.decide',
    cli: {
      flags: {
        point: '<POINT>',
        facts: {
          as: '--facts <FILE|JSON>',
          kind: 'json',
          about: "the facts; now, network and the owner's settings are added where they lack them",
        },
      },
    },
  },
})
