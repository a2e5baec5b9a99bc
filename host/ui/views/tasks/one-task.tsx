/** Shows the life of one task. */

import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { duration } from '../../format/format.ts'
import { ConfirmButton } from '../../parts/dialog.tsx'
import { Card, Loaded, View } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { type Read, useAction, useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { AttemptTable } from './attempt-table.tsx'
import { DecisionTable } from './decision-table.tsx'
import { Dependencies } from './dependencies.tsx'
import { MachineTable } from './machine-table.tsx'
import { isEnd, type Task } from './task.ts'
import { TaskFacts } from './task-facts.tsx'
import { TaskState } from './task-state.tsx'
import { Timeline } from './timeline.tsx'

/** Characters of a key in a question. */
const KEY_CHARS = 16
/** Characters of a prompt above its task. */
const PROMPT_CHARS = 200

type Why = AnswerOf<'task.why'>

/** Shows a task by its hash or key, live. */
export function OneTask({ id }: { id: string }) {
  const shown = useRead('task.show', { id }, ['tasks'])
  const why = useRead('task.why', { id }, ['tasks', 'peers'])
  return (
    <View title={words.tasks.title} actions={<a href={hrefOf('tasks')}>{words.tasks.back}</a>}>
      {shown.trouble && why.value && shown.value === null ? (
        <NotOwn read={shown} why={why.value} />
      ) : (
        <Loaded read={shown}>{(task) => <Life task={task} why={why.value} />}</Loaded>
      )}
    </View>
  )
}

/** Shows what is known of a task that another machine posted, or of a post that was refused. */
function NotOwn({ read, why }: { read: Read<Task>; why: Why }) {
  return (
    <>
      {read.trouble && <TroubleView trouble={read.trouble} again={read.again} />}
      <p>{words.tasks.notOwn}</p>
      <DecisionTable decisions={why.decisions} />
    </>
  )
}

function Life({ task, why }: { task: Task; why: Why | null }) {
  return (
    <>
      <Head task={task} why={why} />
      <Answer task={task} />
      <div class="cards wide-cards">
        <Timeline task={task} why={why} />
        <TaskFacts task={task} />
      </div>
      {why && <MachineTable peers={why.peers} isOpen={!isEnd(task.state)} />}
      <AttemptTable task={task} />
      <Dependencies task={task} />
      {why && why.decisions.length > 0 && <DecisionTable decisions={why.decisions} />}
    </>
  )
}

function Head({ task, why }: { task: Task; why: Why | null }) {
  const cancel = useAction('task.cancel')
  const request = useRead('task.request', { id: task.task })
  const { tasks } = words
  return (
    <section class="card task-head">
      <p class="task-state" role="status">
        <TaskState state={task.state} />
      </p>
      {request.value && (
        <p class="said" dir="auto">
          {cut(request.value.prompt, PROMPT_CHARS)}
        </p>
      )}
      {task.ended && <p>{tasks.endings[task.ended.why]?.(duration(task.ended.ms ?? 0))}</p>}
      {task.ended?.task && <a href={hrefOf('tasks', [task.ended.task])}>{cut(task.ended.task, KEY_CHARS)}</a>}
      {why?.now && <Waits now={why.now} />}
      {cancel.trouble && <TroubleView trouble={cancel.trouble} />}
      <div class="actions">
        {!isEnd(task.state) && (
          <ConfirmButton
            label={tasks.cancel}
            question={tasks.cancelQuestion(cut(task.id, KEY_CHARS))}
            busy={cancel.busy}
            onYes={() => void cancel.run({ id: task.task })}
          />
        )}
        <a class="button quiet" href={hrefOf('tasks', ['new'], { from: task.task })}>
          {tasks.again}
        </a>
        {task.receipt !== null && (
          <a class="button quiet" href={hrefOf('receipts', [task.task])}>
            {tasks.receipt}
          </a>
        )}
      </div>
    </section>
  )
}

function Waits({ now }: { now: NonNullable<Why['now']> }) {
  const { waitsFor, waits, until } = words.tasks
  return (
    <p>
      {waitsFor} {waits[now.on] ?? now.on}
      {now.peer && (
        <>
          {' '}
          <Machine agent={now.peer} />
        </>
      )}
      {now.until !== null && (
        <>
          {', '}
          {until} <When at={now.until} />
        </>
      )}
      .
    </p>
  )
}

function Answer({ task }: { task: Task }) {
  const { tasks } = words
  if (task.state !== 'accepted') return null
  const text = task.output?.text ?? null
  return (
    <Card title={tasks.answer}>
      {text === null && <p class="hint">{tasks.answerGone}</p>}
      {text === '' && <p class="hint">{tasks.noAnswer}</p>}
      {text && (
        <p class="said" dir="auto">
          {text.trimEnd()}
        </p>
      )}
    </Card>
  )
}
