import { byAge } from '../../../host/mesh/state/chain.ts'
import type { ActionHash } from '../../../host/types/events.ts'
import { broken, type Violation } from './history.ts'
import type { Story } from './story.ts'

/**
 * A task is cancelled only when a client asked for it, when one that it waits for ended without a result, or when its
 * client's key already stood for an older task.
 */
export function cancels(story: Story, stories: ReadonlyMap<ActionHash, Story>): Violation[] {
  const { task, closes, lines } = story
  const cancel = closes.find(({ entry }) => entry.outcome === 'cancelled')
  if (!cancel) return []
  const asked = lines.some((line) => line.type === 'cancel_asked' && line.at <= cancel.at)
  const wanted = asked || task.entry.depends_on.some((hash) => endedWithout(stories.get(hash)))
  return wanted || isSecond(story, stories)
    ? []
    : broken('cancel_was_wanted', task.hash, 'nobody asked for it, and it could still start')
}

function endedWithout(story: Story | undefined): boolean {
  return story?.closes.some(({ entry }) => entry.outcome !== 'accepted') ?? false
}

function isSecond({ task }: Story, stories: ReadonlyMap<ActionHash, Story>): boolean {
  const { author, entry } = task
  return [...stories.values()].some(
    (other) =>
      other.task.author === author && other.task.entry.id === entry.id && byAge(other.task, task) < 0,
  )
}
