/** The graph of imports: circles, and imports that point up. */
import type { Parsed } from './parse.ts'

/** Imports of a file that stands on a higher floor, as `file -> import`. */
export function upwardImports(files: readonly Parsed[], floors: readonly string[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ to }) => floorOf(to, floors) > floorOf(path, floors))
      .map(({ to }) => `${path} -> ${to}`),
  )
}

/** The floor of a file, by the longest entry that its path begins with; -1 where there is none, as for packages. */
export function floorOf(path: string, floors: readonly string[]): number {
  const held = floors.filter((floor) => path.startsWith(floor))
  return floors.indexOf(held.toSorted((a, b) => b.length - a.length)[0] ?? '')
}

/** Groups of files that import each other, directly or by way of others. */
export function circles(files: readonly Parsed[], withTypes: boolean): string[][] {
  const edges = new Map(
    files.map(({ path, imports }) => [path, imports.filter((one) => withTypes || !one.typeOnly)]),
  )
  const reachable = (from: string): Set<string> => {
    const seen = new Set<string>()
    const open = [from]
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const next = (edges.get(path) ?? []).filter(({ to }) => edges.has(to) && !seen.has(to))
      for (const { to } of next) {
        seen.add(to)
        open.push(to)
      }
    }
    return seen
  }
  const reach = new Map([...edges.keys()].map((path) => [path, reachable(path)]))
  const circleOf = (path: string) =>
    [...(reach.get(path) ?? [])].filter((other) => reach.get(other)?.has(path))
  const found = [...edges.keys()].map((path) => circleOf(path).toSorted())
  return [...new Map(found.map((circle) => [circle.join(), circle])).values()].filter(
    ({ length }) => length > 1,
  )
}
