/** Shows tasks on the terminal. */
import type { z } from 'zod'
import type { TaskView } from '../../operations/context.ts'
import { cut, fields, list, table } from '../../operations/layout.ts'
import { type Presenter, present, type Screen } from '../../operations/present.ts'
import {
  taskCancel,
  taskList,
  taskPlan,
  taskPost,
  taskReceipt,
  taskRequest,
  taskShow,
  taskWait,
} from '../../operations/task/shape.ts'
import { closedStates } from '../../operations/task/view.ts'
import { ago, endingWord, peerName, peerReason, short, span, taskLines } from '../../operations/text.ts'
import { whyPresenter } from './task-why.ts'

type Plan = z.output<typeof taskPlan.output>

/** Most cells of a prompt in a list. */
const PROMPT_CELLS = 60

/** The presentations of the operations on tasks. */
export const taskPresenters: readonly Presenter[] = [
  present(taskPost, {
    unheard: ({ key, wait }) =>
      `${wait ? 'the task goes on' : 'it may have been posted'}: see 'ripple task show ${key}'`,
    render: (task, screen) =>
      task.output?.text != null
        ? { lines: [task.output.text], notes: taskLines(task, screen) }
        : {
            lines: taskLines(task, screen),
            notes: closedStates.has(task.state)
              ? []
              : [`follow it with 'ripple task show ${task.id}'`, ...leavingNotes(task)],
          },
    exit: exitOf,
  }),
  present(taskList, {
    render: ({ tasks }, screen) => {
      const hasWhy = tasks.some((task) => endingWord(task) !== '-')
      return list(
        [
          { head: 'ID', least: 9, id: true },
          'STATE',
          { head: 'PROMPT', least: 18, drop: 1 },
          ...(hasWhy ? [{ head: 'WHY', drop: 2 }] : []),
          { head: 'TOKENS', drop: 5 },
          { head: 'TOOK', drop: 4 },
          { head: 'MODEL', least: 20, drop: 6 },
          { head: 'WORKER', least: 12, id: true, drop: 7 },
          { head: 'POSTED', drop: 3 },
        ],
        tasks.map((task) => [
          task.id,
          task.state,
          task.prompt === null ? '-' : cut(task.prompt.replaceAll(/\s+/g, ' ').trim(), PROMPT_CELLS),
          ...(hasWhy ? [endingWord(task)] : []),
          task.usage === null ? '-' : String(task.usage.tokens_out),
          tookText(task),
          task.model?.name ?? '-',
          short(task.worker),
          ago(task.times.posted_at, screen),
        ]),
        { none: `none yet; post one with 'ripple task post --prompt "Why is the sky blue?" --wait'`, screen },
      )
    },
  }),
  present(taskShow, {
    render: (task, screen) => ({
      lines: [...taskLines(task, screen), ...(task.output?.text == null ? [] : ['', task.output.text])],
    }),
  }),
  present(taskWait, {
    doing: 'waiting for the task',
    render: (task, screen) => ({
      lines: [...taskLines(task, screen), ...(task.output?.text == null ? [] : ['', task.output.text])],
    }),
    exit: (task) => (closedStates.has(task.state) ? exitOf(task) : 5),
  }),
  whyPresenter,
  present(taskRequest, {
    render: ({ prompt, whole, ...given }, screen) => ({
      lines: [
        ...fields(
          Object.entries(given).flatMap(([name, value]) => (isGiven(value) ? [[name, String(value)]] : [])),
          screen,
        ),
        '',
        ...(whole ? [] : ['the prompt is only a part of what the model was given:']),
        prompt,
      ],
    }),
  }),
  present(taskPlan, {
    render: (plan, screen) => ({ lines: [...verdictLines(plan), ...planLines(plan, screen)] }),
    exit: (plan) => (plan.missing.length > 0 ? 4 : 0),
  }),
  present(taskCancel, {
    render: (task, screen) => ({
      lines: taskLines(task, screen),
      notes: task.state === 'cancelled' ? [] : [`nothing to cancel: it was ${task.state} already`],
    }),
  }),
  present(taskReceipt, {
    render: ({ receipt, base64 }) =>
      base64 === null ? { lines: [receipt] } : { lines: [], bytes: Buffer.from(base64, 'base64') },
  }),
]

/** Returns the exit code for a task's state. */
function exitOf({ state, ended }: TaskView): number {
  if (ended?.why === 'refused') return 4
  return state === 'expired' ? 5 : state === 'failed' || state === 'cancelled' ? 1 : 0
}

/** Says when this machine may leave: a peer must hold the task, and a stand-in must be able to run it. */
function leavingNotes({ id, held_by, stand_ins, fallback_after_ms }: TaskView): string[] {
  if (fallback_after_ms === null) return []
  if (stand_ins === 0)
    return ['no other machine can run it now: it waits until one that can is there, or this machine is back']
  return held_by && stand_ins
    ? [`this machine may leave: others go on once it has been away for ${span(fallback_after_ms)}`]
    : [`it is not known to be held by a peer yet: ask 'ripple task show ${id}' before this machine leaves`]
}

/** Whether a field of a request asks for something. */
function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== false
}

/** Shows the time from a task's post to its end; '-' while it is open. */
function tookText({ times: { posted_at, result_at, closed_at } }: TaskView): string {
  const end = result_at ?? closed_at
  return end === null ? '-' : span(Math.max(0, end - posted_at))
}

function verdictLines({ first, peers, missing }: Plan): string[] {
  const nameOf = (agent: string) => peers.find(({ peer }) => peer === agent)?.name ?? short(agent)
  if (missing.length > 0)
    return [
      `none of the ${peers.length} known machines can ever run it:`,
      ...missing.map(
        ({ needs, peers: lacking, nearest }) =>
          `  ${lacking} of them lack ${needs}; the nearest is ${nearest.name} with ${nearest.has}`,
      ),
    ]
  if (first.length === 0 && peers.some(({ rank }) => rank !== null))
    return ['all who can run it are busy; it would wait for a place:']
  if (first.length === 0) return ['nobody can run it now; it would wait for one who can:']
  const names = first.map(nameOf)
  return [`it would be offered to ${names.length === 1 ? names[0] : `one of ${names.join(', ')}`} first:`]
}

function planLines({ peers }: Plan, screen: Screen): string[] {
  return table(
    [
      { head: 'PEER', least: 12, id: true, drop: 3 },
      { head: 'NAME', least: 6 },
      { head: 'RANK', drop: 2 },
      { head: 'REFUSES', least: 8, drop: 1 },
      { head: 'WHY', wrap: true },
    ],
    peers.map((one) => [
      short(one.peer),
      peerName(one),
      one.rank === null ? '-' : String(one.rank + 1),
      one.codes.join(',') || '-',
      peerReason(one),
    ]),
    screen,
  )
}
