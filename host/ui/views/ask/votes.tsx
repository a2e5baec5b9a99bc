/** Shows how the members of an ensemble voted, and where they disagree. */
import type { AnswerOf } from '../../daemon/call.ts'
import { percent } from '../../format/format.ts'
import { Folded, Loaded } from '../../parts/layout.tsx'
import { Duration } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

type Record = AnswerOf<'moe.show'>
type Member = Record['members'][number]

/** Weights are in thousandths. */
const MILLI = 1_000

/** Shows the votes of the question with this trace id, once they are opened. */
export function Votes({ trace }: { trace: string }) {
  return <Folded summary={words.ask.votes.title}>{() => <Read trace={trace} />}</Folded>
}

function Read({ trace }: { trace: string }) {
  const read = useRead('moe.show', { id: trace })
  return <Loaded read={read}>{(record) => <RecordView record={record} />}</Loaded>
}

function RecordView({ record: { vote, members } }: { record: Record }) {
  const { votes } = words.ask
  const letters = new Map(vote.classes.map(({ hash }, at) => [hash, letter(at)]))
  const voteOf = ({ response_hash: hash }: Member): string => {
    const mark = hash === null ? undefined : letters.get(hash)
    if (mark === undefined) return words.parts.none
    return hash === vote.winner ? votes.winner(mark) : mark
  }
  const columns: readonly Column<Member>[] = [
    { head: votes.member, cell: ({ model }) => <Name text={model} /> },
    {
      head: votes.machine,
      cell: ({ peer }) => (peer === null ? words.parts.none : <Machine agent={peer} />),
    },
    { head: votes.vote, cell: voteOf },
    { head: votes.weight, cell: ({ weight_milli }) => (weight_milli / MILLI).toFixed(2), figures: true },
    { head: votes.took, cell: ({ latency_ms }) => <Duration ms={latency_ms} />, figures: true },
    {
      head: votes.outcome,
      cell: ({ outcome, code }) => (
        <>
          {votes.outcomes[outcome]} {code && <code>{code}</code>}
        </>
      ),
    },
    { head: votes.task, cell: ({ task }) => task && <a href={hrefOf('tasks', [task])}>{votes.task}</a> },
  ]
  return (
    <>
      <p>
        {votes.agree(percent(vote.agreement), percent(vote.min_agreement))}{' '}
        {vote.classes.length > 0 && votes.classes(vote.classes.length)}
      </p>
      <Table label={votes.table} columns={columns} rows={members} keyOf={({ index }) => String(index)} />
      {vote.classes.map(({ hash }, at) => {
        const said = members.find((one) => one.response_hash === hash)?.response
        return (
          said && (
            <details key={hash}>
              <summary>{votes.said(letter(at))}</summary>
              <div class="plain" dir="auto">
                {said}
              </div>
            </details>
          )
        )
      })}
    </>
  )
}

/** Returns A, B, C and so on; there are fewer members than letters. */
function letter(at: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + at)
}
