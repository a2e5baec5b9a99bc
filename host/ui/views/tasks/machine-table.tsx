/** Shows the machines and what each says about a task. */
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { Card } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { words } from '../../words/words.ts'
import { wordFor } from './word-for.ts'

type Peer = AnswerOf<'task.why'>['peers'][number]
type Candidate = AnswerOf<'task.plan'>['peers'][number]

/** Characters of a code or a reason, which a peer may have made. */
const REASON_CHARS = 300

/** Shows each machine's place in the order, what it lacks, its answer and the reason. */
export function MachineTable({ peers, isOpen }: { peers: readonly Peer[]; isOpen: boolean }) {
  const { tasks } = words
  const { machineTable } = tasks
  if (peers.length === 0 && !isOpen) return null
  const columns: Column<Peer>[] = [
    ...candidateColumns<Peer>(isOpen),
    { head: machineTable.answered, cell: ({ answered }) => answered && <Answered answered={answered} /> },
    { head: machineTable.why, cell: (peer) => <Reason peer={peer} /> },
  ]
  return (
    <Card title={tasks.machines}>
      {peers.length === 0 ? (
        <p class="hint">{tasks.machinesNone}</p>
      ) : (
        <Table label={tasks.machines} rows={peers} keyOf={({ peer }) => peer} columns={columns} />
      )}
    </Card>
  )
}

/** Returns the columns of a machine that may run a task; of a closed task only its name. */
export function candidateColumns<P extends Candidate>(isOpen = true): Column<P>[] {
  const { machineTable, ...tasks } = words.tasks
  const machine: Column<P> = { head: machineTable.machine, cell: ({ peer }) => <Machine agent={peer} /> }
  if (!isOpen) return [machine]
  return [
    machine,
    {
      head: machineTable.place,
      cell: ({ rank }) => (rank === null ? tasks.notAsked : rank === 0 ? tasks.first : tasks.nth(rank + 1)),
    },
    { head: machineTable.lacks, cell: ({ codes }) => <Codes codes={codes} /> },
  ]
}

/** Shows reasons in words, with their codes on hover. */
export function Codes({ codes }: { codes: readonly string[] }) {
  return (
    <>
      {codes.map((code, at) => (
        <span key={code} title={cut(code, REASON_CHARS)}>
          {at > 0 && ', '}
          {wordFor(words.tasks.codes, code)}
        </span>
      ))}
    </>
  )
}

function Answered({ answered: { code, at } }: { answered: NonNullable<Peer['answered']> }) {
  return (
    <>
      <Codes codes={[code]} /> <When at={at} />
    </>
  )
}

/** Shows a machine's part in a task, and until when it has the task or is not asked. */
export function Reason({ peer }: { peer: Candidate | Peer }) {
  const { tasks } = words
  const has = 'has' in peer ? peer.has : null
  return (
    <>
      {cut(peer.reason, REASON_CHARS)}
      {has && (
        <>
          ; {has.as === 'stand_in' ? tasks.standsIn : tasks.has} <When at={has.until} />
        </>
      )}
      {peer.busy_until !== null && (
        <>
          ; {tasks.busyUntil} <When at={peer.busy_until} />
        </>
      )}
    </>
  )
}
