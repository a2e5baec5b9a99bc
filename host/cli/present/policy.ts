/** Shows policies and their decisions on the terminal. */
import type { z } from 'zod'
import { fields, list, table } from '../../operations/layout.ts'
import {
  policyAudit,
  policyDecide,
  policyList,
  policyShow,
  policyTest,
} from '../../operations/policy/shape.ts'
import type { auditView, decisionView } from '../../operations/policy/view.ts'
import { type Presenter, present, type Screen } from '../../operations/present.ts'
import { ago, clock, size } from '../../operations/text.ts'

/** Characters of a digest in a table. */
const DIGEST_CHARS = 12

/** The presentations of the operations on policies. */
export const policyPresenters: readonly Presenter[] = [
  present(policyList, {
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
  }),
  present(policyShow, {
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
  }),
  present(policyAudit, {
    render: ({ decisions, more }, screen) => {
      const shown = list(
        [
          { head: 'AT', drop: 2 },
          'POINT',
          'DECIDED',
          { head: 'RULE', least: 8, drop: 1 },
          { head: 'REASONS', wrap: true },
          { head: 'ABOUT', least: 8, id: true, drop: 3 },
        ],
        decisions.map((one) => [
          ago(one.at, screen),
          one.point,
          one.allow ? 'allowed' : 'refused',
          one.rule,
          one.reasons.join(', ') || '-',
          one.subject,
        ]),
        { none: 'no such decision', screen },
      )
      return more ? { ...shown, notes: ["there are older ones: '--limit' shows more"] } : shown
    },
  }),
  present(policyTest, {
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
  }),
  present(policyDecide, {
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
  }),
]

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
