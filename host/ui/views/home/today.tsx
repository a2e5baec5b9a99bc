/** Shows what this machine gave and received today. */
import { count, several } from '../../format/format.ts'
import { sumsOf, type UsageRow } from '../../format/usage-sums.ts'
import { Card, Facts, Loaded } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

const ways = ['given', 'received', 'own'] as const

/** Shows the tasks and tokens of this UTC day. */
export function Today() {
  const text = words.home.today
  const read = useRead('usage', { days: 1 }, ['tasks'])
  return (
    <Card title={text.title}>
      <Loaded read={read}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="soft">{text.none}</p>
          ) : (
            <Facts facts={ways.map((way) => [text[way], factOf(rows, way)])} />
          )
        }
      </Loaded>
      <p class="hint">{text.about}</p>
      <p class="more">
        <a href={hrefOf('usage')}>{text.all}</a>
      </p>
    </Card>
  )
}

/** Returns the tasks and tokens of a way; null, which is not shown, for an own way without any. */
function factOf(rows: readonly UsageRow[], way: UsageRow['way']): string | null {
  const { tasks, tokens_in, tokens_out } = sumsOf(rows.filter((row) => row.way === way))
  if (way === 'own' && tasks === 0) return null
  const { task, tasks: many } = words.home.now
  return `${several(tasks, task, many)}, ${words.home.today.tokens(count(tokens_in + tokens_out))}`
}
