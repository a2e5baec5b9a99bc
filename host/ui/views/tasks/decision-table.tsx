/** Shows decisions of this machine's policies about a task. */
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { Card, State } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { words } from '../../words/words.ts'

type Decision = AnswerOf<'task.why'>['decisions'][number]

/** Characters of a rule and of its reasons, which the author of a policy chose. */
const RULE_CHARS = 200

const { decisionTable } = words.tasks

const columns: readonly Column<Decision>[] = [
  { head: decisionTable.point, cell: ({ point }) => point },
  {
    head: decisionTable.decision,
    cell: ({ allow }) => (
      <State tone={allow ? 'good' : 'bad'}>{allow ? words.tasks.allow : words.tasks.refuse}</State>
    ),
  },
  { head: decisionTable.rule, cell: ({ rule }) => cut(rule, RULE_CHARS) },
  { head: decisionTable.reasons, cell: ({ reasons }) => cut(reasons.join(', '), RULE_CHARS) },
  { head: decisionTable.at, cell: ({ at }) => <When at={at} /> },
]

/** Shows the decisions, oldest first. */
export function DecisionTable({ decisions }: { decisions: readonly Decision[] }) {
  const { tasks } = words
  return (
    <Card title={tasks.decisions}>
      <Table label={tasks.decisions} rows={decisions} keyOf={({ id }) => id} columns={columns} />
    </Card>
  )
}
