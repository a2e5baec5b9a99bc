/** Shows the counts as tables, by day, machine and model. */
import { short } from '../../format/sentence-parts.ts'
import { type ByWay, groupedBy, type UsageRow } from '../../format/usage-sums.ts'
import { Card } from '../../parts/layout.tsx'
import { Name } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { words } from '../../words/words.ts'
import type { Day } from './chart.tsx'
import { Figure, figureOf, type Measure, waysOf } from './measure.tsx'

interface RowsProps {
  readonly rows: readonly UsageRow[]
  readonly measure: Measure
}

/** Shows the days with work, newest first. */
export function ByDay({ days, rows, measure }: RowsProps & { readonly days: readonly Day[] }) {
  const text = words.usage
  const ways = waysOf(rows)
  const busy = days.filter(({ sums }) => ways.some((way) => figureOf(sums[way], measure) > 0))
  return (
    <Table
      label={text.chart}
      columns={[{ head: text.day, cell: ({ day }) => day }, ...figures<Day>(rows, measure)]}
      rows={busy.toReversed()}
      keyOf={({ day }) => day}
    />
  )
}

/** Shows the other machines and this one. */
export function ByMachine({ rows, measure }: RowsProps) {
  const text = words.usage
  const groups = groupedBy(rows, ({ peer }) => peer)
  return (
    <Card title={text.peers}>
      <Table
        label={text.peers}
        columns={[
          { head: text.machine, cell: ({ newest }) => <Peer row={newest} /> },
          ...figures<Group>(rows, measure),
        ]}
        rows={groups}
        keyOf={({ of }) => of}
      />
    </Card>
  )
}

/** Shows the models and commands. */
export function ByClass({ rows, measure }: RowsProps) {
  const text = words.usage
  const groups = groupedBy(rows, ({ sha256 }) => sha256)
  return (
    <Card title={text.classes}>
      <Table
        label={text.classes}
        columns={[
          { head: text.class, cell: ({ newest }) => <Class row={newest} /> },
          ...figures<Group>(rows, measure),
        ]}
        rows={groups}
        keyOf={({ of }) => of}
      />
    </Card>
  )
}

type Group = ReturnType<typeof groupedBy>[number]

function figures<T extends { readonly sums: ByWay }>(
  rows: readonly UsageRow[],
  measure: Measure,
): Column<T>[] {
  const text = words.usage
  return waysOf(rows).map((way) => ({
    head: text.figureOf(text.ways[way], text.measures[measure]),
    cell: ({ sums }) => <Figure sums={sums[way]} measure={measure} />,
    figures: true,
  }))
}

function Peer({ row: { way, name, peer } }: { row: UsageRow }) {
  const text = name ?? short(peer)
  return <Name text={way === 'own' ? words.parts.thisMachine(text) : text} title={peer} />
}

function Class({ row: { model, sha256 } }: { row: UsageRow }) {
  return <Name text={model ?? words.usage.command(short(sha256))} title={sha256} />
}
