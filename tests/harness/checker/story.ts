import { isClose, isFallbackClaim, isGrant, isResult, isTask } from '../../../host/mesh/state/chain.ts'
import type { ActionHash, EventOf, MeshEvent } from '../../../host/types/events.ts'
import type { History, HistoryLine } from './history.ts'

/** One task with everything that is on the chains and in the logs about it. */
export interface Story {
  readonly task: EventOf<'Task'>
  readonly grants: EventOf<'Grant'>[]
  readonly claims: EventOf<'FallbackClaim'>[]
  readonly closes: EventOf<'Close'>[]
  readonly results: Map<ActionHash, EventOf<'Result'>>
  /** Places in the log at which it was run under each grant or claim. */
  readonly runs: Map<ActionHash, number[]>
  /** Every line that names it, in the order of the log. */
  readonly lines: HistoryLine[]
}

/** The stories of all tasks that stand on a chain. */
export function storiesOf({ logs }: History, events: readonly MeshEvent[]): ReadonlyMap<ActionHash, Story> {
  const stories = new Map<ActionHash, Story>()
  for (const task of events.filter(isTask))
    stories.set(task.hash, {
      task,
      grants: [],
      claims: [],
      closes: [],
      results: new Map(),
      runs: new Map(),
      lines: [],
    })
  for (const event of events) {
    const story = 'task' in event.entry ? stories.get(event.entry.task) : undefined
    if (isGrant(event)) story?.grants.push(event)
    if (isFallbackClaim(event)) story?.claims.push(event)
    if (isClose(event)) story?.closes.push(event)
    if (isResult(event)) story?.results.set(event.hash, event)
  }
  logs.forEach((line, place) => {
    const story = 'task' in line ? stories.get(line.task) : undefined
    story?.lines.push(line)
    if (line.type === 'run_started') append(story?.runs, line.grant, place)
  })
  return stories
}

/** Adds a place to the list of a key. */
export function append(lists: Map<string, number[]> | undefined, key: string, place: number): void {
  const list = lists?.get(key)
  if (list) list.push(place)
  else lists?.set(key, [place])
}
