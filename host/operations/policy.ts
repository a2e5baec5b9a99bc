/** Defines the verbs that list, show, test and try policies. */
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { type DecisionPoint, decisionPoints } from '../types/decision.ts'
import { type Json, json } from '../types/json.ts'
import type { Context } from './context.ts'
import { fields, table } from './layout.ts'
import {
  auditView,
  caseView,
  decisionView,
  policyView,
  ruleView,
  sourceView,
  standingView,
} from './policy-views.ts'
import type { Screen } from './present.ts'
import { ago, clock, size } from './text.ts'
import { operation } from './whole.ts'

/** Characters of a digest in a table. */
const DIGEST_CHARS = 12

const listInput = z.strictObject({ verify: z.boolean().default(false) })
const listOutput = z.strictObject({
  policies: z.array(standingView),
  last: z.array(decisionView).describe('the last decisions, newest first'),
  audit_folder: z.string(),
  audit: auditView.nullable().describe('null unless it was verified'),
})

/** Lists the policies, their decisions, and the state of the audit file. */
export const policyList = operation<Context, typeof listInput, typeof listOutput>({
  name: 'policy.list',
  effect: 'read',
  summary: 'List the policies that count, where they come from and what they decided',
  examples: ['ripple policy list', 'ripple policy list --verify'],
  input: listInput,
  output: listOutput,
  cli: {
    verify: { as: '--verify', about: 'read the audit file and say whether it is whole', kind: 'boolean' },
  },
  run: async ({ policies }, { verify }) => ({
    policies: await policies.list(),
    last: policies.last(),
    audit_folder: policies.auditFolder,
    audit: verify ? await policies.verifyAudit() : null,
  }),
  render: ({ policies, last, audit, audit_folder }, screen) => ({
    lines: [
      ...table(
        [
          'POLICY',
          { head: 'FROM', drop: 3 },
          { head: 'DIGEST', drop: 4 },
          { head: 'ALLOWED', drop: 1 },
          { head: 'REFUSED', drop: 2 },
          { head: 'STATE', wrap: true },
        ],
        policies.map((one) => [
          one.name,
          one.origin,
          brief(one.digest),
          String(one.allowed),
          String(one.refused),
          one.problem === null ? 'ok' : `${one.problem.code}: ${one.problem.detail}`,
        ]),
        screen,
      ),
      ...(last.length === 0 ? [] : ['', ...lastLines(last, screen)]),
      ...(audit === null ? [] : ['', ...auditLines(audit)]),
    ],
    notes: [`the audit file is in ${audit_folder}`],
  }),
  exit: ({ audit }) => (audit !== null && audit.problems.length > 0 ? 1 : 0),
})

const showInput = z.strictObject({ name: z.string() })
const showOutput = z.strictObject({
  policy: policyView,
  rules: z.array(ruleView).describe('what it refuses for, in the order in which the first names the rule'),
  source: sourceView.nullable().describe('null where its Rego is not there'),
})

/** Shows one policy. */
export const policyShow = operation<Context, typeof showInput, typeof showOutput>({
  name: 'policy.show',
  effect: 'read',
  summary: 'Show a policy: its digest, its rules and its source',
  examples: ['ripple policy show run', 'ripple policy show egress --json'],
  input: showInput,
  output: showOutput,
  cli: { name: { as: '<NAME>', about: `the policy: ${decisionPoints.join(', ')}` } },
  run: async ({ policies }, { name }) => policies.show(known(name)),
  render: ({ policy, rules, source }, screen) => ({
    lines: [
      ...fields(
        [
          ['policy', policy.name],
          ['from', `${policy.origin}, ${policy.file}`],
          ['sha256', policy.digest ?? '-'],
          ['state', policy.problem === null ? 'ok' : `${policy.problem.code}: ${policy.problem.detail}`],
          ['source', source === null ? 'not here' : `${source.file}, sha256 ${source.digest}`],
        ],
        screen,
      ),
      '',
      ...table(
        ['REFUSES FOR', { head: 'UNLESS', wrap: true }],
        rules.map(({ code, says }) => [code, says]),
        screen,
      ),
      ...(source === null ? [] : ['', ...source.text.trimEnd().split('\n')]),
    ],
  }),
})

const testInput = z.strictObject({ name: z.string().nullable().default(null) })
const testOutput = z.strictObject({ cases: z.array(caseView) })

/** Runs the test cases of the policies in effect. */
export const policyTest = operation<Context, typeof testInput, typeof testOutput>({
  name: 'policy.test',
  effect: 'read',
  summary: 'Run the test cases of the policies',
  examples: ['ripple policy test', 'ripple policy test egress'],
  input: testInput,
  output: testOutput,
  cli: { name: { as: '[NAME]', about: 'one policy; all of them otherwise' } },
  run: async ({ policies }, { name }) => ({
    cases: await policies.test(name === null ? decisionPoints : [known(name)]),
  }),
  render: ({ cases }) => {
    const failed = cases.filter(({ ok }) => !ok)
    return {
      lines: [
        ...failed.map(({ policy, name, found }) => `${policy}: ${name}: ${found}`),
        `${cases.length - failed.length} of ${cases.length} cases passed`,
      ],
    }
  },
  exit: ({ cases }) => (cases.every(({ ok }) => ok) ? 0 : 1),
})

const factsObject = z.record(z.string(), json)
const decideInput = z.strictObject({
  point: z.string(),
  facts: z.union([factsObject, z.string()]).describe('the facts, or their JSON as text'),
})
const decideOutput = decisionView.extend({
  dry_run: z.literal(true),
  detail: z.string().nullable().describe("what the gate knows of its own no; null for a policy's"),
})

/** Returns the decision that a policy would make. */
export const policyDecide = operation<Context, typeof decideInput, typeof decideOutput>({
  name: 'policy.decide',
  effect: 'read',
  summary: 'Say what would be decided of some facts; nothing is done, and the audit file does not have it',
  examples: ['ripple policy decide merge --facts facts.json', `ripple policy decide egress --facts '{}'`],
  input: decideInput,
  output: decideOutput,
  cli: {
    point: { as: '<POINT>', about: `where it is asked: ${decisionPoints.join(', ')}` },
    facts: {
      as: '--facts <FILE|JSON>',
      about: "the facts; now, network and the owner's settings are added where they lack them",
      kind: 'json',
    },
  },
  run: async ({ policies }, { point, facts }) => ({
    ...(await policies.dryRun(known(point), parsedFacts(facts))),
    dry_run: true,
  }),
  render: ({ allow, rule, reasons, policy, detail }, screen) => ({
    lines: [
      ...fields(
        [
          ['would be', allow ? 'allowed' : 'refused'],
          ['rule', rule],
          ['reasons', reasons.join(', ') || '-'],
          ['policy', `${policy.name}, sha256 ${policy.digest ?? '-'}`],
        ],
        screen,
      ),
      ...(detail === null ? [] : [detail]),
    ],
    notes: ['a dry run: nothing was done'],
  }),
  exit: ({ allow }) => (allow ? 0 : 4),
})

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

function brief(digest: string | null): string {
  return digest?.slice(0, DIGEST_CHARS) ?? '-'
}

function lastLines(last: readonly z.output<typeof decisionView>[], screen: Screen): string[] {
  return table(
    [
      { head: 'AT', drop: 2 },
      'POINT',
      'DECIDED',
      { head: 'RULE', least: 8, drop: 1 },
      { head: 'ABOUT', least: 8, id: true, drop: 3 },
    ],
    last.map((one) => [
      ago(one.at, screen),
      one.point,
      one.allow ? 'allowed' : 'refused',
      one.rule,
      one.subject,
    ]),
    screen,
  )
}

function auditLines(audit: z.output<typeof auditView>): string[] {
  const { segments, bytes, decisions, allowed, refused, since, torn, problems } = audit
  return [
    `audit: ${decisions} decisions (${allowed} allowed, ${refused} refused) in ${segments} segments, ${size(bytes)}`,
    ...(since === null ? [] : [`since ${clock(since)}`]),
    ...(torn === 0 ? [] : [`${torn} lines were broken off by a crash or a full disk`]),
    ...(problems.length === 0 ? ['whole, as far as the file can tell'] : problems),
  ]
}
