/** Shows the tasks that a task depends on, and those that depend on it, as a graph and as lists. */
import { cut } from '../../format/cut.ts'
import { short } from '../../format/sentence-parts.ts'
import { Card } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { type Graph, type GraphNode, graphOf } from './graph.ts'
import type { Task } from './task.ts'
import { TaskState } from './task-state.tsx'

/** Sizes of the picture, in its own units. */
const BOX = { wide: 170, high: 46, beside: 24, below: 34, edge: 4 } as const
/** Characters of a prompt in a box and in a list. */
const BOX_CHARS = 22
const LIST_CHARS = 80

/** Shows nothing for a task that is alone. */
export function Dependencies({ task }: { task: Task }) {
  const read = useRead('task.list', {}, ['tasks'])
  const tasks = read.value?.tasks ?? []
  const { graph: text } = words.tasks
  const graph = graphOf(tasks, task)
  if (graph.edges.length === 0) return null
  const known = new Map([task, ...tasks].map((one) => [one.task, one]))
  const later = tasks.filter(({ depends_on }) => depends_on.includes(task.task)).map((one) => one.task)
  return (
    <Card title={text.title}>
      <Picture graph={graph} known={known} focus={task.task} />
      {graph.partly && <p class="hint">{text.partly}</p>}
      <div class="cards">
        <Links title={text.before} tasks={task.depends_on} known={known} />
        <Links title={text.later} tasks={later} known={known} />
      </div>
    </Card>
  )
}

interface LinksProps {
  readonly title: string
  readonly tasks: readonly string[]
  readonly known: ReadonlyMap<string, Task>
}

function Links({ title, tasks, known }: LinksProps) {
  if (tasks.length === 0) return null
  return (
    <section>
      <h3>{title}</h3>
      <ul class="rows">
        {tasks.map((hash) => {
          const task = known.get(hash)
          return (
            <li key={hash}>
              <a href={hrefOf('tasks', [hash])}>
                <bdi>{labelOf(hash, task, LIST_CHARS)}</bdi>
              </a>
              {task ? (
                <TaskState state={task.state} />
              ) : (
                <span class="soft">{words.tasks.graph.unknown}</span>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function labelOf(hash: string, task: Task | undefined, most: number): string {
  return task?.prompt?.trim() ? cut(task.prompt.trim(), most) : short(hash)
}

interface PictureProps {
  readonly graph: Graph
  readonly known: ReadonlyMap<string, Task>
  readonly focus: string
}

function Picture({ graph: { nodes, edges }, known, focus }: PictureProps) {
  const columns = Math.max(...nodes.map(({ place }) => place)) + 1
  const rows = Math.max(...nodes.map(({ level }) => level)) + 1
  const wide = columns * (BOX.wide + BOX.beside) - BOX.beside + 2 * BOX.edge
  const high = rows * (BOX.high + BOX.below) - BOX.below + 2 * BOX.edge
  const at = new Map(nodes.map((node) => [node.task, cornerOf(node)]))
  return (
    <svg
      class="graph"
      role="img"
      aria-label={words.tasks.graph.label}
      viewBox={`0 0 ${wide} ${high}`}
      width={wide}
      height={high}
    >
      {edges.map(([before, later]) => (
        <path key={`${before} ${later}`} d={lineOf(at.get(before), at.get(later))} />
      ))}
      {nodes.map((node) => (
        <Box key={node.task} node={node} task={known.get(node.task)} isFocus={node.task === focus} />
      ))}
    </svg>
  )
}

interface Corner {
  readonly x: number
  readonly y: number
}

function cornerOf({ place, level }: GraphNode): Corner {
  return { x: BOX.edge + place * (BOX.wide + BOX.beside), y: BOX.edge + level * (BOX.high + BOX.below) }
}

/** Returns a curve from the foot of one box to the head of another. */
function lineOf(from: Corner | undefined, to: Corner | undefined): string {
  if (!from || !to) return ''
  const [x1, y1, x2] = [from.x + BOX.wide / 2, from.y + BOX.high, to.x + BOX.wide / 2]
  const bend = BOX.below / 2
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${to.y - bend} ${x2} ${to.y}`
}

function Box({ node, task, isFocus }: { node: GraphNode; task: Task | undefined; isFocus: boolean }) {
  const { x, y } = cornerOf(node)
  const state = task ? (words.tasks.states[task.state] ?? task.state) : words.tasks.graph.unknown
  // An inner picture cuts text that is wider than its box.
  return (
    <svg
      aria-hidden="true"
      x={x}
      y={y}
      width={BOX.wide}
      height={BOX.high}
      class={`box ${isFocus ? 'focus' : ''}`}
    >
      <rect x={1} y={1} width={BOX.wide - 2} height={BOX.high - 2} rx={7} />
      <text x={10} y={19}>
        {labelOf(node.task, task, BOX_CHARS)}
      </text>
      <text x={10} y={37} class="soft">
        {state}
      </text>
    </svg>
  )
}
