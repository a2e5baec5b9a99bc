/** Shows what happened lately, in plain words. */
import type { StreamEvent } from '../../../telemetry/catalogue.ts'
import { cut } from '../../format/cut.ts'
import { Card } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { happenings } from '../../state/happenings.ts'
import { hrefOf } from '../../state/route.ts'
import type { Sentence } from '../../words/en/home.ts'
import { words } from '../../words/words.ts'

/** The most events that are shown, and characters of a sentence. */
const SHOWN_MAX = 10
const WORDS_CHARS = 200

/** Shows the newest events that people want to see. */
export function Lately() {
  const text = words.home.lately
  const told = happenings.value.flatMap((event) => {
    const sentence = sentenceOf(event, happenings.value)
    return sentence ? [{ event, sentence }] : []
  })
  return (
    <Card title={text.title} class="lately">
      {told.length === 0 && <p class="soft">{text.none}</p>}
      <ol class="rows">
        {told.slice(0, SHOWN_MAX).map(({ event, sentence }) => (
          <li key={event.id}>
            {event.type === 'task_state' ? (
              <a href={hrefOf('tasks', [event.task])}>
                <Pieces sentence={sentence} />
              </a>
            ) : (
              <span>
                <Pieces sentence={sentence} />
              </span>
            )}
            <span class="soft">
              <Age at={event.at} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** Returns the sentence of an event; null for one that is not shown. The run of an own task is told by its task. */
function sentenceOf(event: StreamEvent, all: readonly StreamEvent[]): Sentence | null {
  const isOwnRun = 'grant' in event && all.some((one) => one.type === 'task_state' && one.task === event.task)
  // Each sentence takes the event of its own name.
  return isOwnRun ? null : (words.home.lately.sentence[event.type]?.(event as never) ?? null)
}

function Pieces({ sentence }: { sentence: Sentence }) {
  return sentence.map((piece) => {
    if (typeof piece === 'string') return cut(piece, WORDS_CHARS)
    return 'machine' in piece ? (
      <Machine key={piece.machine} agent={piece.machine} />
    ) : (
      <Name key={piece.name} text={piece.name} />
    )
  })
}
