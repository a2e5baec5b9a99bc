/** Shows the view for tasks: the list, one task, or the form that posts one. */
import './tasks.css'
import type { Route } from '../../state/route.ts'
import { OneTask } from './one-task.tsx'
import { PostForm } from './post-form.tsx'
import { TaskList } from './task-list.tsx'

/** The place of the form, which is too short to be a task's id. */
const NEW = 'new'

/** Shows `#/tasks`, `#/tasks/new` or `#/tasks/<task>`. */
export default function Tasks({ route }: { route: Route }) {
  const [place] = route.rest
  if (place === undefined) return <TaskList options={route.options} />
  if (place === NEW) return <PostForm from={route.options.from ?? null} />
  return <OneTask key={place} id={place} />
}
