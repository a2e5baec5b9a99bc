import type { Task } from '../../../../../host/ui/views/tasks/task.ts'
import { taskView } from '../../../api/task-view.ts'

/** A task of the page, with what a test gives it. */
export function taskOf(hash: string, changes: Partial<Task> = {}): Task {
  return { ...(taskView(`key of ${hash}`, 'posted') as Task), task: hash, ...changes }
}
