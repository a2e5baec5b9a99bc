/** Shows the moments of a task's life. */
import { useSignal } from '@preact/signals'
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { duration } from '../../format/format.ts'
import { Card } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { useEvents } from '../../state/live.ts'
import { words } from '../../words/words.ts'
import { type Heard, type Moment, type MomentKind, momentsOf } from './moments.ts'
import type { Task } from './task.ts'
import { wordFor } from './word-for.ts'

/** Most events that are remembered of a task. */
const HEARD_MAX = 200
/** Characters of a code, which a peer may have made. */
const CODE_CHARS = 300

const tones: Partial<Record<MomentKind, string>> = {
  accepted: 'good',
  failed: 'bad',
  forbidden: 'bad',
  refused: 'warn',
  lost: 'warn',
  expired: 'warn',
  started: 'busy',
}

/** Shows what happened to a task and when, with the reason of each machine. */
export function Timeline({ task, why }: { task: Task; why: AnswerOf<'task.why'> | null }) {
  const heard = useSignal<readonly Heard[]>([])
  useEvents((event) => {
    if (event.type !== 'task_state' || event.task !== task.task) return
    heard.value = [...heard.value, event].slice(-HEARD_MAX)
  })
  const moments = momentsOf(task, why, heard.value)
  const { tasks } = words
  return (
    <Card title={tasks.life}>
      <ol class="timeline">
        {moments.map((moment, at) => (
          <li
            key={`${moment.at} ${moment.kind} ${moment.agent} ${moment.attempt} ${moment.code}`}
            class={tones[moment.kind]}
          >
            <Line moment={moment} task={task} before={moments[at - 1] ?? null} />
          </li>
        ))}
      </ol>
      <p class="hint">{tasks.lifeAbout}</p>
    </Card>
  )
}

function Line({ moment, task, before }: { moment: Moment; task: Task; before: Moment | null }) {
  const { tasks } = words
  const { kind, agent, attempt, at } = moment
  const note = noteOf(moment)
  return (
    <>
      <span class="what">
        {tasks.moments[kind]} {agent !== null && <Machine agent={agent} />}
      </span>
      <span class="when">
        <When at={at} />
        {before && <span class="soft"> {tasks.after(duration(Math.max(0, at - before.at)))}</span>}
      </span>
      {(attempt !== null || note) && (
        <span class="note">
          {[attempt === null ? '' : tasks.attempt(attempt, task.max_attempts), note]
            .filter(Boolean)
            .join('; ')}
        </span>
      )}
    </>
  )
}

function noteOf({ kind, code }: Moment): string {
  const { tasks } = words
  if (code === null) return ''
  if (kind === 'refused') return wordFor(tasks.codes, code)
  if (kind === 'granted') return tasks.because(wordFor(tasks.ends, code))
  if (kind === 'lost') return wordFor(tasks.ends, code)
  return cut(code, CODE_CHARS)
}
