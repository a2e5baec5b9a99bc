import { mayStandIn } from '../../../host/mesh/placement/standby.ts'
import { resolveList } from '../../../host/mesh/state/chain.ts'
import type { EventOf, Millis } from '../../../host/types/events.ts'
import { broken, type History, type Violation } from './history.ts'
import type { Story } from './story.ts'
import { isLiar, parting, unhinderedFrom, writtenAt } from './times.ts'

/**
 * The most time until a committed result is announced, has arrived and is checked without a disturbance, in
 * milliseconds.
 */
const ANSWER_MS = 20_000

/**
 * No good answer is thrown away: a task neither fails nor expires while there is a Result of the authority that counts, or
 * of a stand-in, that its poster could have accepted. It stood, and nothing hindered its worker or the poster, for as long
 * as it takes to accept one; its worker is no liar, and no check of it said anything but yes.
 */
export function answers(history: History, story: Story): Violation[] {
  const { task, grants, closes, claims, results } = story
  const list = resolveList(task, [...grants, ...closes])
  const outcome = list.close?.entry.outcome
  if (!list.close || (outcome !== 'failed' && outcome !== 'expired')) return []
  const closed = writtenAt(history, list.close)
  const permitted = claims.filter(({ author }) => mayStandIn(task, author))
  const authorities = new Set([...list.grants.slice(-1), ...permitted].map(({ hash }) => hash))
  return [...results.values()].flatMap((result) => {
    if (!authorities.has(result.entry.authority) || result.entry.status.type !== 'ok') return []
    if (isLiar(history, result.author) || isRejected(story, result)) return []
    const stood = closed - acceptableFrom(history, story, result, closed)
    return stood > ANSWER_MS
      ? broken('answer_kept', task.hash, `${outcome} ${stood} ms after ${result.hash} could be accepted`)
      : []
  })
}

/** From when on nothing hindered a poster from taking a Result. */
function acceptableFrom(history: History, { task }: Story, result: EventOf<'Result'>, end: Millis): Millis {
  return Math.max(
    writtenAt(history, result),
    unhinderedFrom(history, task.author, end, parting),
    unhinderedFrom(history, result.author, end, parting),
  )
}

function isRejected({ lines }: Story, { hash }: EventOf<'Result'>): boolean {
  return lines.some((line) => line.type === 'checked' && line.result === hash && line.verdict !== 'ok')
}
