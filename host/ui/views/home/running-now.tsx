/** Shows what runs now. */
import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { several } from '../../format/format.ts'
import { Card, Loaded } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

type Task = AnswerOf<'task.list'>['tasks'][number]

/** The most tasks that are shown here, and characters of their prompts. */
const SHOWN_MAX = 8
const PROMPT_CHARS = 90

/** Shows the open tasks of this machine, and how many of others it holds. */
export function RunningNow() {
  const text = words.home.now
  const read = useRead('task.list', { past: 0 }, ['tasks'])
  const held = useRead('status', {}, ['tasks']).value?.held_grants ?? 0
  return (
    <Card title={text.title}>
      <Loaded read={read}>
        {({ tasks }) => {
          const open = tasks.filter(({ times }) => times.closed_at === null)
          return (
            <>
              {held > 0 && <p>{text.held(several(held, text.task, text.tasks))}</p>}
              {held === 0 && open.length === 0 && <p class="soft">{text.none}</p>}
              <ul class="rows">
                {open.slice(0, SHOWN_MAX).map((task) => (
                  <OpenTask key={task.task} task={task} />
                ))}
              </ul>
            </>
          )
        }}
      </Loaded>
      <p class="more">
        <a href={hrefOf('ask')}>{text.ask}</a> <a href={hrefOf('tasks')}>{text.all}</a>
      </p>
    </Card>
  )
}

function OpenTask({ task }: { task: Task }) {
  const text = words.home.now
  return (
    <li>
      <a href={hrefOf('tasks', [task.task])}>
        <bdi>{cut(task.prompt?.trim() || text.unnamed, PROMPT_CHARS)}</bdi>
      </a>
      <span class="soft">
        {text.states[task.state] ?? task.state}
        {task.worker !== null && (
          <>
            {text.on}
            <Machine agent={task.worker} />
          </>
        )}
        {' · '}
        <Age at={task.times.posted_at} />
      </span>
    </li>
  )
}
