/** Shows the state of a task. */
import { State } from '../../parts/layout.tsx'
import { words } from '../../words/words.ts'
import type { Task } from './task.ts'

const tones = {
  posted: 'off',
  offered: 'off',
  granted: 'busy',
  running: 'busy',
  delivered: 'busy',
  accepted: 'good',
  failed: 'bad',
  cancelled: 'off',
  expired: 'warn',
} as const

/** Shows a state as a coloured word. */
export function TaskState({ state }: Pick<Task, 'state'>) {
  return <State tone={tones[state]}>{words.tasks.states[state] ?? state}</State>
}
