/** Shows what this machine has had to do with another: tasks, receipts and refusals. */

import type { AnswerOf } from '../../daemon/call.ts'
import { cut } from '../../format/cut.ts'
import { several } from '../../format/format.ts'
import { Loaded } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import type { Machine } from './machines-on-map.ts'
import { Rows } from './rows.tsx'

const text = words.mesh

/** The most characters of a code that has no words here. */
const CODE_CHARS_MAX = 64

type Task = AnswerOf<'task.list'>['tasks'][number]

/** Shows the tasks that a machine had of this one, and why it refused others. */
export function MachineTasks({ machine }: { machine: Machine }) {
  const tasks = useRead('task.list', {}, ['tasks'])
  const plan = useRead('task.plan', {}, ['peers', 'models'])
  const { agent, self } = machine
  const now = plan.value?.peers.find(({ peer }) => peer === agent)
  return (
    <>
      {now && (
        <>
          <h3>{text.planTitle}</h3>
          <p class={now.rank === null ? 'refuses' : undefined}>{text.wouldRun(now.rank, now.reason)}</p>
        </>
      )}
      <h3>{self ? text.tasksHereTitle : text.tasksTitle}</h3>
      <Loaded read={tasks}>{({ tasks: all }) => <Lists tasks={all} agent={agent} />}</Loaded>
    </>
  )
}

function Lists({ tasks, agent }: { tasks: readonly Task[]; agent: string }) {
  const had = tasks.filter(
    ({ worker, attempts }) => worker === agent || attempts.some((one) => one.worker === agent),
  )
  const receipts = had.filter(({ worker, receipt }) => worker === agent && receipt !== null).length
  const refusals = tasks.flatMap(({ id, refusals: all, times }) =>
    all.filter(({ peer }) => peer === agent).map(({ code }) => ({ id, code, at: times.posted_at })),
  )
  return (
    <>
      <p class="hint">
        {had.length === 0
          ? text.noTasks
          : text.tasksAndReceipts(several(had.length, text.task, text.tasks), receipts)}
      </p>
      <Rows
        rows={had}
        keyOf={({ id }) => id}
        row={({ id, prompt, state, times }) => (
          <>
            <a href={hrefOf('tasks', [id])}>
              <Name text={prompt ?? id.slice(0, 8)} />
            </a>
            <span class="soft">
              {state}, <Age at={times.posted_at} />
            </span>
          </>
        )}
      />
      {refusals.length > 0 && <h3>{text.refusalsTitle}</h3>}
      <Rows
        rows={refusals}
        keyOf={({ id }) => id}
        row={({ id, code, at }) => (
          <>
            <span>
              {text.refusals[code] ?? cut(code, CODE_CHARS_MAX)}{' '}
              <a href={hrefOf('tasks', [id])}>
                <code>{id.slice(0, 8)}</code>
              </a>
            </span>
            <span class="soft">
              <Age at={at} />
            </span>
          </>
        )}
      />
    </>
  )
}
