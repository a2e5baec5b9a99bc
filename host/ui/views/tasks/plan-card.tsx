/** Shows where a task would go, and what each machine lacks. */
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { Card } from '../../parts/layout.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { words } from '../../words/words.ts'
import { candidateColumns, Reason } from './machine-table.tsx'

type Plan = AnswerOf<'task.plan'>

/** Characters of a need, which a peer's card may have made. */
const NEED_CHARS = 200

/** Shows a forecast. A stale one is of a form that was changed since. */
export function PlanCard({ plan, isStale }: { plan: Plan; isStale: boolean }) {
  const text = words.tasks.plan
  const columns: Column<Plan['peers'][number]>[] = [
    ...candidateColumns<Plan['peers'][number]>(),
    { head: words.tasks.machineTable.why, cell: (peer) => <Reason peer={peer} /> },
  ]
  return (
    <Card title={text.title}>
      <div role="status">
        {isStale && <p class="hint">{text.stale}</p>}
        <Verdict plan={plan} />
      </div>
      <Table label={text.title} rows={plan.peers} keyOf={({ peer }) => peer} columns={columns} />
    </Card>
  )
}

function Verdict({ plan: { first, peers, missing } }: { plan: Plan }) {
  const text = words.tasks.plan
  if (missing.length > 0)
    return (
      <>
        <p>{text.never}</p>
        <ul>
          {missing.map(({ code, needs, peers: lacking, nearest }) => (
            <li key={`${code} ${needs}`}>
              {text.missing(cut(needs, NEED_CHARS), lacking)} <Name text={nearest.name} />{' '}
              {text.nearest(cut(nearest.has, NEED_CHARS))}
            </li>
          ))}
        </ul>
      </>
    )
  if (first.length === 0) return <p>{peers.some(({ rank }) => rank !== null) ? text.busy : text.nobody}</p>
  return (
    <p>
      {text.first}{' '}
      {first.map((agent, at) => (
        <span key={agent}>
          {at > 0 && ', '}
          <Machine agent={agent} />
        </span>
      ))}
    </p>
  )
}
