/** Lists the tasks of this machine, with filters and a search. */
import { useSignal, useSignalEffect } from '@preact/signals'
import { count } from '../../format/format.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Empty, Loaded, View } from '../../parts/layout.tsx'
import { Age, Duration } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { nameOf } from '../../state/machines.ts'
import { useRead } from '../../state/operations.ts'
import { go, hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { findTasks } from './find-tasks.ts'
import { type Task, tookMs } from './task.ts'
import { TaskState } from './task-state.tsx'

/** Rows that are shown at first, and with each step. */
const ROWS = 100
/** Closed tasks that are read, by step. */
const PAST = [100, 1_000, 10_000] as const

/** Shows the list. The filter stands in the address, so that going back finds it again. */
export function TaskList({ options }: { options: Readonly<Record<string, string>> }) {
  const state = useSignal(options.state ?? '')
  const search = useSignal(options.search ?? '')
  const step = useSignal(0)
  useSignalEffect(() => {
    const href = hrefOf('tasks', [], { state: state.value, search: search.value })
    if (location.hash !== href) go(href, { replace: true })
  })
  const past = PAST[step.value] ?? ROWS
  const read = useRead('task.list', { past }, ['tasks'])
  const { tasks } = words
  const older =
    step.value < PAST.length - 1 && (read.value?.tasks.length ?? 0) >= past
      ? () => {
          step.value += 1
        }
      : null
  return (
    <View
      title={words.views.tasks ?? ''}
      actions={
        <a class="button" href={hrefOf('tasks', ['new'])}>
          {tasks.new}
        </a>
      }
    >
      <Loaded read={read}>
        {(answer) =>
          answer.tasks.length === 0 ? (
            <Empty>
              <p>{tasks.empty}</p>
              <a href={hrefOf('tasks', ['new'])}>{tasks.new}</a>
            </Empty>
          ) : (
            <section class="card">
              <div class="filters">
                <SelectField label={tasks.filters.state} chosen={state}>
                  <option value="">{tasks.filters.all}</option>
                  <option value="open">{tasks.filters.open}</option>
                  {Object.entries(tasks.states).map(([name, word]) => (
                    <option key={name} value={name}>
                      {word}
                    </option>
                  ))}
                </SelectField>
                <TextField label={tasks.filters.search} typed={search} hint={tasks.filters.searchHint} />
              </div>
              <Found all={answer.tasks} filter={{ state: state.value, search: search.value }} older={older} />
            </section>
          )
        }
      </Loaded>
    </View>
  )
}

interface FoundProps {
  readonly all: readonly Task[]
  readonly filter: { readonly state: string; readonly search: string }
  /** Reads older tasks as well; null where there are no more. */
  readonly older: (() => void) | null
}

function Found({ all, filter, older }: FoundProps) {
  const rows = useSignal(ROWS)
  const { filters } = words.tasks
  const found = findTasks(all, filter, nameOf)
  return (
    <>
      <p class="hint" role="status">
        {filters.found(found.length, all.length)}
      </p>
      {found.length === 0 ? (
        <Empty>{filters.none}</Empty>
      ) : (
        <Table
          label={words.tasks.table.label}
          columns={columns}
          rows={found.slice(0, rows.value)}
          keyOf={({ task }) => task}
        />
      )}
      <div class="actions">
        {found.length > rows.value && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              rows.value += ROWS
            }}
          >
            {filters.more}
          </button>
        )}
        {older && (
          <button type="button" class="quiet" onClick={older}>
            {filters.older}
          </button>
        )}
      </div>
    </>
  )
}

const { table } = words.tasks

const columns: readonly Column<Task>[] = [
  { head: table.prompt, cell: (task) => <PromptLink task={task} /> },
  { head: table.state, cell: ({ state }) => <TaskState state={state} /> },
  { head: table.model, cell: ({ model }) => model && <Name text={model.name} /> },
  { head: table.worker, cell: ({ worker }) => worker && <Machine agent={worker} /> },
  { head: table.tokens, figures: true, cell: ({ usage }) => usage && count(usage.tokens_out) },
  { head: table.took, figures: true, cell: (task) => <Took task={task} /> },
  { head: table.posted, figures: true, cell: ({ times }) => <Age at={times.posted_at} /> },
]

function PromptLink({ task: { task, id, prompt } }: { task: Task }) {
  return (
    <a class="prompt" href={hrefOf('tasks', [task])} title={id}>
      <bdi>{prompt?.trim() || words.tasks.noPrompt}</bdi>
    </a>
  )
}

function Took({ task }: { task: Task }) {
  const ms = tookMs(task)
  return ms === null ? null : <Duration ms={ms} />
}
