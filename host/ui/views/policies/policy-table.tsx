/** Lists the policies in effect, and runs their test cases. */
import type { AnswerOf } from '../../daemon/call.ts'
import { count, several } from '../../format/format.ts'
import { Card, Loaded, State } from '../../parts/layout.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

type Listed = AnswerOf<'policy.list'>
type Standing = Listed['policies'][number]

const text = words.policies

const columns: readonly Column<Standing>[] = [
  { head: text.policy, cell: ({ name }) => <a href={hrefOf('policies', [name])}>{text.points[name]}</a> },
  { head: text.origin, cell: ({ origin }) => text.origins[origin] },
  { head: text.allowedHead, cell: ({ allowed }) => count(allowed), figures: true },
  { head: text.refusedHead, cell: ({ refused }) => count(refused), figures: true },
  {
    head: text.state,
    cell: ({ problem }) =>
      problem === null ? (
        <State tone="good">{text.usable}</State>
      ) : (
        <>
          <State tone="bad">{problem.code}</State> {problem.detail}
        </>
      ),
  },
]

/** Shows the policies as a table. */
export function PolicyTable({ list }: { list: Read<Listed> }) {
  const test = useAction('policy.test')
  const verify = useAction('policy.list')
  return (
    <Card
      title={text.inEffect}
      actions={
        <>
          <button type="button" class="quiet small" disabled={test.busy} onClick={() => void test.run({})}>
            {text.runCases}
          </button>
          <button
            type="button"
            class="quiet small"
            disabled={verify.busy}
            onClick={() => void verify.run({ verify: true })}
          >
            {text.verifyAudit}
          </button>
        </>
      }
    >
      <Loaded read={list}>
        {({ policies, audit_folder }) => (
          <>
            <Table label={text.inEffect} columns={columns} rows={policies} keyOf={({ name }) => name} />
            <p class="hint">{text.auditFolder(audit_folder)}</p>
          </>
        )}
      </Loaded>
      {test.trouble && <TroubleView trouble={test.trouble} />}
      {verify.trouble && <TroubleView trouble={verify.trouble} />}
      <div aria-live="polite">
        {test.value && <Cases cases={test.value.cases} />}
        {verify.value?.audit && <AuditState audit={verify.value.audit} />}
      </div>
    </Card>
  )
}

function Cases({ cases }: AnswerOf<'policy.test'>) {
  const failed = cases.filter(({ ok }) => !ok)
  return (
    <>
      <p>
        <State tone={failed.length === 0 ? 'good' : 'bad'}>
          {text.casesPassed(cases.length - failed.length, cases.length)}
        </State>
      </p>
      <ul>
        {failed.map(({ policy, name, found }) => (
          <li key={`${policy} ${name}`}>
            {policy}: {name}: {found}
          </li>
        ))}
      </ul>
    </>
  )
}

function AuditState({ audit }: { audit: NonNullable<Listed['audit']> }) {
  const { decisions, problems } = audit
  return (
    <>
      <p>
        <State tone={problems.length === 0 ? 'good' : 'bad'}>
          {problems.length === 0
            ? text.auditWhole(several(decisions, text.decision, text.decisionsWord))
            : text.auditBroken}
        </State>
      </p>
      <ul>
        {problems.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </>
  )
}
