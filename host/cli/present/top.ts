/** Shows machines and running tasks at a glance. */
import type { z } from 'zod'
import { cut, table } from '../../operations/layout.ts'
import { type Presenter, present, type Screen } from '../../operations/present.ts'
import { ago, short } from '../../operations/text.ts'
import { top } from '../../operations/top/shape.ts'

type Top = z.output<typeof top.output>
type Machine = Top['machines'][number]

/** Most cells of a prompt. */
const PROMPT_CELLS = 60

/** The presentation of `top`. */
export const topPresenter: Presenter = present(top, {
  isLive: ({ once }) => !once,
  render: ({ name, presence, held_grants, draining, machines, tasks }, screen) => {
    const work = `${held_grants} grants held${draining ? ', draining' : ''}`
    return {
      lines: [
        cut(`${name}: ${presence.state}, ${presence.why}; ${tasks.length} tasks open, ${work}`, screen.width),
        '',
        ...table(
          [
            { head: 'MACHINE', least: 8 },
            'STATE',
            'CPU',
            { head: 'GPU', drop: 3 },
            'GRANTS',
            { head: 'TOKENS/S', drop: 2 },
            { head: 'LOADED', least: 10, drop: 4 },
            { head: 'ROUND TRIP', drop: 1 },
          ],
          machines.map(machineCells),
          screen,
        ),
        ...taskLines(tasks, machines, screen),
      ],
    }
  },
})

function machineCells({ name, self, state, held_grants, path, details }: Machine): string[] {
  const { load = null, tokens_per_second = null, models = [], gpus = [] } = details ?? {}
  const loaded = models.filter((model) => model.loaded).map((model) => model.name)
  const rtt = path?.rtt_ms ?? null
  return [
    self ? `${name} (this one)` : name,
    state,
    load === null ? '-' : `${Math.round(load.cpu_percent)} %`,
    load === null || gpus.length === 0 ? '-' : `${Math.round(load.gpu_percent)} %`,
    held_grants === null ? '-' : String(held_grants),
    tokens_per_second === null ? '-' : tokens_per_second.toFixed(1),
    loaded.join(',') || '-',
    rtt === null ? '-' : `${rtt} ms`,
  ]
}

function taskLines(tasks: Top['tasks'], machines: readonly Machine[], screen: Screen): string[] {
  if (tasks.length === 0) return []
  const nameOf = (agent: string | null) =>
    machines.find((machine) => machine.agent === agent)?.name ?? short(agent)
  const columns = [
    { head: 'TASK', least: 9, id: true },
    'STATE',
    { head: 'PROMPT', least: 18, drop: 2 },
    { head: 'MODEL', least: 12, drop: 3 },
    { head: 'WORKER', least: 8 },
    { head: 'POSTED', drop: 1 },
  ]
  const rows = tasks.map((task) => [
    task.id,
    task.state,
    cut((task.prompt ?? '-').replaceAll(/\s+/g, ' ').trim(), PROMPT_CELLS),
    task.model?.name ?? '-',
    nameOf(task.worker),
    ago(task.times.posted_at, screen),
  ])
  return ['', ...table(columns, rows, screen)]
}
