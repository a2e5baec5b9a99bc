/** Shows the work that this machine gave and received. */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { AnswerOf } from '../../daemon/call.ts'
import { count, several } from '../../format/format.ts'
import { byWay, daysOf, type Sums, type UsageRow } from '../../format/usage-sums.ts'
import { SelectField } from '../../parts/fields.tsx'
import { Card, Empty, Facts, Loaded, View } from '../../parts/layout.tsx'
import { Duration } from '../../parts/moments.tsx'
import { useRead } from '../../state/operations.ts'
import { go, hrefOf, type Route } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { Chart } from './chart.tsx'
import { type Measure, measures, waysOf } from './measure.tsx'
import { ByClass, ByDay, ByMachine } from './tables.tsx'
import './usage.css'

const spans = ['7', '30', '90', '366']

/** Shows the counts of the chosen days. The address holds the choice. */
export default function UsageView({ route: { options } }: { route: Route }) {
  const text = words.usage
  const days = useSignal(spans.find((one) => one === options.days) ?? '30')
  const measure = useSignal<string>(options.show ?? 'tasks')
  const shown = measures.find((one) => one === measure.value) ?? 'tasks'
  useEffect(() => {
    go(hrefOf('usage', [], { days: days.value, show: shown }), { replace: true })
  }, [days.value, shown])
  const read = useRead('usage', { days: Number(days.value) }, ['tasks'])
  // The counts before stay until the new ones are here, so that nothing jumps.
  const kept = useRef(read.value)
  kept.current = read.value ?? kept.current
  return (
    <View title={words.views.usage ?? ''}>
      <p class="hint">{text.about}</p>
      <div class="row choices">
        <SelectField label={text.days} chosen={days}>
          {spans.map((one) => (
            <option key={one} value={one}>
              {text.daysOf(one)}
            </option>
          ))}
        </SelectField>
        <SelectField label={text.measure} chosen={measure}>
          {measures.map((one) => (
            <option key={one} value={one}>
              {text.measures[one]}
            </option>
          ))}
        </SelectField>
      </div>
      <Loaded read={{ ...read, value: kept.current }}>
        {(answer) => <Shown answer={answer} measure={shown} />}
      </Loaded>
    </View>
  )
}

function Shown({ answer, measure }: { answer: AnswerOf<'usage'>; measure: Measure }) {
  const text = words.usage
  const { rows, today, days } = answer
  // The chart is drawn again for other days, and the view renders more often than its answer changes.
  const sums = useMemo(() => daysOf(rows, today, days), [answer])
  if (rows.length === 0)
    return (
      <Empty>
        <p>{text.none}</p>
        <a class="button" href={hrefOf('ask')}>
          {text.ask}
        </a>
      </Empty>
    )
  return (
    <>
      <Totals rows={rows} />
      <Card title={text.chart}>
        <Chart days={sums} measure={measure} />
        <details>
          <summary>{text.figures}</summary>
          <ByDay days={sums} rows={rows} measure={measure} />
        </details>
      </Card>
      <ByMachine rows={rows} measure={measure} />
      <ByClass rows={rows} measure={measure} />
    </>
  )
}

function Totals({ rows }: { rows: readonly UsageRow[] }) {
  const text = words.usage
  const sums = byWay(rows)
  return (
    <Card title={text.sums}>
      <Facts facts={waysOf(rows).map((way) => [text.ways[way], <Total key={way} sums={sums[way]} />])} />
    </Card>
  )
}

function Total({ sums: { tasks, tokens_in, tokens_out, run_ms } }: { sums: Sums }) {
  const text = words.usage
  return (
    <>
      <strong>{several(tasks, text.task, text.tasks)}</strong>
      <br />
      <span class="soft">
        {text.read(count(tokens_in))}, {text.generated(count(tokens_out))}, <Duration ms={run_ms} />{' '}
        {text.ran}
      </span>
    </>
  )
}
