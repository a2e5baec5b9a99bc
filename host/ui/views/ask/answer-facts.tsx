/** Shows where an answer was computed, why there, how fast, and what each machine's part was. */
import { cut } from '../../format/cut.ts'
import { count } from '../../format/format.ts'
import { Hash } from '../../parts/hash.tsx'
import { Facts, Folded, Loaded } from '../../parts/layout.tsx'
import { Duration, When } from '../../parts/moments.tsx'
import { nameOf } from '../../state/machines.ts'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { DecisionTable } from '../tasks/decision-table.tsx'
import type { Answer } from './answer.tsx'
import { speedOf } from './speed.ts'

/** Most characters of a reason that are shown: it names models and machines. */
const WHY_CHARS = 600

/** Shows the facts of an answer that has ended, in one line that opens. */
export function AnswerFacts({ answer, model }: { answer: Answer; model: string }) {
  const { ask } = words
  const { end, first_ms, text_ms, at } = answer
  const usage = end?.usage ?? null
  const speed = speedOf(usage?.tokens_out ?? null, text_ms)
  const rate = speed === null ? null : ask.facts.perSecond(speed.toFixed(1))
  const tokens = usage && ask.facts.readWritten(count(usage.tokens_in), count(usage.tokens_out))
  const by = end && placeOf(end)
  const line = [ask.summary(model, end?.peer ? nameOf(end.peer) : null), tokens, rate]
  return (
    <Folded summary={line.filter((word) => word !== null).join(' · ')}>
      {() => (
        <>
          <Facts
            facts={[
              [
                ask.facts.by,
                by && (
                  <>
                    {by} {end?.peer && <Hash hash={end.peer} />}
                  </>
                ),
              ],
              [ask.facts.model, model],
              [ask.facts.first, first_ms === null ? null : <Duration ms={first_ms} />],
              [ask.facts.speed, rate],
              [ask.facts.tokens, tokens],
              [ask.facts.asked, <When at={at} />],
              [
                ask.facts.task,
                end?.task ? <a href={hrefOf('tasks', [end.task])}>{ask.facts.toTask}</a> : null,
              ],
            ]}
          />
          {end && <Facts facts={[[ask.facts.why, cut(end.why, WHY_CHARS)]]} />}
          {end?.task && <Decisions task={end.task} />}
        </>
      )}
    </Folded>
  )
}

function placeOf({ peer, route }: NonNullable<Answer['end']>): string | null {
  return peer === null ? (words.ask.places[route] ?? null) : nameOf(peer)
}

/** Shows what this machine's policies decided about the task. */
function Decisions({ task }: { task: string }) {
  const why = useRead('task.why', { id: task })
  return (
    <Loaded read={why}>
      {({ decisions }) => decisions.length > 0 && <DecisionTable decisions={decisions} />}
    </Loaded>
  )
}
