/** Lays out the tasks that depend on each other as a graph. */

/** A task with the tasks that it waits for. */
export interface Linked {
  readonly task: string
  readonly depends_on: readonly string[]
}

/** A task in the graph. */
export interface GraphNode {
  readonly task: string
  /** Its row: a task stands below all tasks that it waits for. */
  readonly level: number
  /** Its place in the row, from 0. */
  readonly place: number
}

/** The graph around a task. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  /** Pairs of tasks: the second one waits for the first one. */
  readonly edges: readonly (readonly [before: string, later: string])[]
  /** Whether more tasks are connected than are shown. */
  readonly partly: boolean
}

/** Most tasks that a graph shows: more are no picture any more. */
const NODES_MAX = 40

/** Returns the graph of all tasks that are connected with one, as far as they are in the list; the nearest first. */
export function graphOf(tasks: readonly Linked[], focus: Linked): Graph {
  const known = new Map([...tasks, focus].map((one) => [one.task, one]))
  const found = new Set([focus.task])
  const queue = [focus.task]
  let partly = false
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const later = [...known.values()].filter(({ depends_on }) => depends_on.includes(next))
    for (const one of [...(known.get(next)?.depends_on ?? []), ...later.map(({ task }) => task)]) {
      if (found.has(one)) continue
      if (found.size >= NODES_MAX) {
        partly = true
        continue
      }
      found.add(one)
      queue.push(one)
    }
  }
  const before = (task: string) => (known.get(task)?.depends_on ?? []).filter((one) => found.has(one))
  const levels = levelsOf([...found], before)
  const taken = new Map<number, number>()
  const nodes = [...found].map((task) => {
    const level = levels.get(task) ?? 0
    const place = taken.get(level) ?? 0
    taken.set(level, place + 1)
    return { task, level, place }
  })
  const edges = nodes.flatMap(({ task }) => before(task).map((one) => [one, task] as const))
  return { nodes, edges, partly }
}

/** Returns each task's level: one more than the highest of those that it waits for. */
function levelsOf(
  tasks: readonly string[],
  before: (task: string) => readonly string[],
): Map<string, number> {
  const levels = new Map<string, number>()
  const levelOf = (task: string): number => {
    const known = levels.get(task)
    if (known !== undefined) return known
    levels.set(task, 0)
    const level = Math.max(-1, ...before(task).map(levelOf)) + 1
    levels.set(task, level)
    return level
  }
  for (const task of tasks) levelOf(task)
  return levels
}
