/** Measures the tree: sizes, imports and prose. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { circles, floorOf, upwardImports } from './graph.ts'
import { type Numbers, percentile, share } from './numbers.ts'
import { type Parsed, parseSources } from './parse.ts'
import { commentParagraphs, markdownParagraphs, proseFigures } from './prose.ts'
import { FLOORS, TARGETS } from './rules.ts'

/** One line of the table: figures, and the most that some of them should be. */
export interface Row {
  readonly what: string
  readonly now: Numbers
  readonly most: Numbers
}

/** A path from the project's folder, and the text there. */
type File = readonly [path: string, text: string]

/** Files of a folder beyond which it is full. */
const FULL_FOLDER = TARGETS['files a folder']?.max ?? 0

/** Figures by section, and the places behind some of them. */
export function measureHouse(root: string) {
  const files = [...readTree(root, 'host'), ...readTree(root, 'zomes-bindings')]
  const sources = new Map(files.filter(([path]) => /\.(tsx?|mts|mjs)$/.test(path)))
  const parsed = parseSources(sources)
  const found = {
    'upward imports': upwardImports(parsed, FLOORS),
    'files without a floor': parsed.map(({ path }) => path).filter((path) => floorOf(path, FLOORS) < 0),
    'circles of values': circles(parsed, false),
    'circles with types': circles(parsed, true),
  }
  const folders = Map.groupBy(files, ([path]) => posix.dirname(path))
  const full = [...folders].filter(([, { length }]) => length > FULL_FOLDER).map(([folder]) => folder)
  return {
    sections: {
      code: [
        ...codeRows(files, parsed),
        row('files a folder', {
          ...spread([...folders.values()].map(({ length }) => length)),
          [`over ${FULL_FOLDER}`]: full.length,
        }),
      ],
      imports: [
        row('imports a file', spread(parsed.map(({ imports }) => imports.length))),
        ...Object.entries(found).map(([what, all]) => row(what, { count: all.length })),
      ],
      prose: proseRows(root, sources),
    },
    places: { 'full folders': full, ...found },
  }
}

function codeRows(files: readonly File[], parsed: readonly Parsed[]): Row[] {
  const functions = parsed.flatMap((file) => file.functions)
  const lines = new Map(files.map(([path, text]) => [path, text.split('\n').length - 1]))
  return [
    ...['host/', 'zomes-bindings/'].map((folder) => {
      const held = [...lines].filter(([path]) => path.startsWith(folder))
      return row(folder, { files: held.length, lines: held.reduce((sum, [, one]) => sum + one, 0) })
    }),
    row('lines a file', spread(parsed.map(({ path }) => lines.get(path) ?? 0))),
    row('lines a function', { ...spread(functions), '% over 40': share(functions, (one) => one > 40) }),
  ]
}

/** Figures of each page and of the comments of the host. */
function proseRows(root: string, sources: ReadonlyMap<string, string>): Row[] {
  const pages = readTree(root, 'docs').filter(([path]) => path.endsWith('.md'))
  const host = [...sources].filter(([path]) => path.startsWith('host/'))
  const texts: [string, string[]][] = [
    ['README.md', markdownParagraphs(readFileSync(join(root, 'README.md'), 'utf8'))],
    ...pages.map(([path, text]): [string, string[]] => [path, markdownParagraphs(text)]),
    ['comments of host', host.flatMap(([, text]) => commentParagraphs(text))],
  ]
  return texts.map(([what, text]) => row(what, proseFigures(text), TARGETS.prose))
}

function row(what: string, now: Numbers, most: Numbers = TARGETS[what] ?? {}): Row {
  return { what, now, most }
}

function spread(values: readonly number[]): Numbers {
  const [median, p90, p95, max] = [50, 90, 95, 100].map((percent) => percentile(values, percent))
  return { median: median ?? 0, p90: p90 ?? 0, p95: p95 ?? 0, max: max ?? 0 }
}

/** All files under a folder that are not made from others, sorted by path. */
function readTree(root: string, folder: string): File[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, posix.join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|generated)\//.test(path))
    .toSorted()
    .map((path) => [path, readFileSync(join(root, path), 'utf8')])
}
