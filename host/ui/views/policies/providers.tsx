/** Shows the providers beyond the mesh, and the rest of the day's budget for them. */
import type { AnswerOf } from '../../daemon/call.ts'
import { count } from '../../format/format.ts'
import { Bar, Card, Empty, Loaded, State } from '../../parts/layout.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

type Upstreams = AnswerOf<'upstream.ls'>
type Model = Upstreams['models'][number]

/** The share of the budget above which its bar warns. */
const TIGHT = 0.9

const text = words.policies

const columns: readonly Column<Model>[] = [
  { head: text.model, cell: ({ name }) => name },
  {
    head: text.state,
    cell: ({ state }) => <State tone={state === 'ready' ? 'good' : 'off'}>{text.states[state]}</State>,
  },
  { head: text.mayGet, cell: ({ data_classes }) => data_classes.join(', ') || words.parts.none },
  { head: text.kind, cell: ({ kind }) => text.kinds[kind] },
]

/** Shows the card. */
export function ProvidersCard() {
  const read = useRead('upstream.ls', {}, ['policy'])
  return (
    <Card title={text.providers}>
      <Loaded read={read}>
        {({ models, budget }) =>
          models.length === 0 ? (
            <Empty>
              <p>{text.noProvider}</p>
              <p>
                <a href={hrefOf('settings')}>{text.noProviderNext}</a>
              </p>
            </Empty>
          ) : (
            <>
              <p class="hint">{text.budgetAbout(budget.day)}</p>
              <Spent label={text.tokens} left={budget.tokens_left} of={budget.limits.tokens_per_day} />
              <Spent label={text.requests} left={budget.requests_left} of={budget.limits.requests_per_day} />
              <Table label={text.providers} columns={columns} rows={models} keyOf={({ name }) => name} />
            </>
          )
        }
      </Loaded>
    </Card>
  )
}

function Spent({ label, left, of }: { label: string; left: number; of: number }) {
  const share = of === 0 ? 1 : (of - left) / of
  return (
    <Bar
      label={label}
      share={share}
      tone={share > TIGHT ? 'tight' : 'plain'}
      text={text.spent(count(of - left), count(of))}
    />
  )
}
