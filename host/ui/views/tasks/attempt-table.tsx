/** Shows the attempts of a task. */
import { cut } from '../../format/cut.ts'
import { Card } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { words } from '../../words/words.ts'
import { isEnd, type Task } from './task.ts'
import { wordFor } from './word-for.ts'

type Attempt = Task['attempts'][number]

/** Characters of a code or a verdict. */
const CODE_CHARS = 200

/** Shows each grant with its machine, its moments and its end. Nothing before the first grant. */
export function AttemptTable({ task }: { task: Task }) {
  const { tasks } = words
  const { attemptTable } = tasks
  if (task.attempts.length === 0) return null
  const columns: readonly Column<Attempt>[] = [
    { head: attemptTable.attempt, cell: ({ attempt }) => attempt },
    { head: attemptTable.machine, cell: ({ worker }) => <Machine agent={worker} /> },
    { head: attemptTable.granted, cell: ({ granted_at }) => granted_at !== null && <When at={granted_at} /> },
    { head: attemptTable.result, cell: ({ result_at }) => result_at !== null && <When at={result_at} /> },
    { head: attemptTable.end, cell: (attempt) => endOf(attempt, !isEnd(task.state)) },
  ]
  return (
    <Card title={tasks.attempts}>
      <Table label={tasks.attempts} rows={task.attempts} keyOf={({ grant }) => grant} columns={columns} />
    </Card>
  )
}

function endOf({ ended, verdict }: Attempt, open: boolean): string {
  const { tasks } = words
  if (ended === null) return open ? tasks.standing : tasks.unknownEnd
  const why = wordFor(tasks.ends, ended.why)
  const code = ended.code === null ? '' : ` (${cut(ended.code, CODE_CHARS)})`
  const checked = verdict === null || verdict === 'ok' ? '' : `; ${tasks.verdict} ${cut(verdict, CODE_CHARS)}`
  return `${why}${code}${checked}`
}
