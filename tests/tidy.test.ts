import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { measureHouse } from './house/measure.ts'
import { TITLE_WITHOUT_SUBJECT } from './house/rules.ts'

const root = resolve(import.meta.dirname, '..')

interface Source {
  /** Path from the project's folder. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
}

const skipped = new Set(['node_modules', '.git', 'target', 'generated', 'fixtures'])
const all = walk(root)
const typescript = all.filter(({ path }) => /\.tsx?$/.test(path))
const host = typescript.filter(({ path }) => path.startsWith('host/'))
const rust = all.filter(({ path }) => path.startsWith('dnas/') && path.endsWith('.rs'))

const house = measureHouse(root)

describe('import directions', () => {
  const adapters = ['dht', 'engine', 'artifacts', 'net', 'policy', 'providers']

  test('each file imports only its own floor of tests/house/rules.ts and those below', () => {
    const { places } = house
    expect(places['upward imports']).toEqual([])
    expect(places['files without a floor']).toEqual([])
    expect(places['circles of values']).toEqual([])
  })

  test.each(['mesh', 'rendezvous'])('%s is pure: types, limits and errors only', (planner) => {
    const pure = /^(host\/(planning|types|errors|limits)\/|host\/limits\.ts|zomes-bindings\/generated\/)/
    const own = `host/${planner}/`
    expect(offending(own, (to) => !to.startsWith(own) && !pure.test(to))).toEqual([])
  })

  test('planners read no clock, set no timer and draw no random number', () => {
    const planners = host.filter(({ path }) => /^host\/(mesh|planning|rendezvous)\/(?!loop)/.test(path))
    const impure =
      /\b(Date\.now|performance\.|new Date\(\)|Math\.random|crypto\b|setTimeout|setInterval|setImmediate|queueMicrotask)/
    expect(withLine(planners, impure)).toEqual([])
  })

  test.each(adapters)('%s imports no other adapter', (adapter) => {
    const others = adapters.filter((other) => other !== adapter).map((other) => `host/${other}/`)
    const foreign = (to: string) => others.some((other) => to.startsWith(other)) && !to.endsWith('/port.ts')
    expect(offending(`host/${adapter}/`, foreign)).toEqual([])
  })

  test('operations use the context, never an adapter or fastify', () => {
    const banned = (to: string) =>
      to === 'fastify' || (adapters.some((a) => to.startsWith(`host/${a}/`)) && !to.endsWith('/port.ts'))
    expect(offending('host/operations/', banned)).toEqual([])
  })

  test('the shapes of operations are data: the page, the docs and agents import nothing that runs', () => {
    const isShape = /^host\/operations\/((\w+\/)?(shape|view|placement|operation|request-fields)\.ts)$/
    const data = /^(zod|zomes-bindings\/generated\/.*|host\/(limits\.ts|limits\/.*|types\/.*|errors\/.*))$/
    const foreign = host
      .filter(({ path }) => isShape.test(path))
      .flatMap((source) => importsOf(source).map((to) => ({ path: source.path, to })))
      .filter(({ to }) => !isShape.test(to) && !data.test(to))
    expect(foreign).toEqual([])
  })

  test('the command line opens no cell', () => {
    expect(
      offending('host/cli/', (to) =>
        /^(host\/(dht|work|mesh)\/|zomes-bindings\/(?!generated)|@holochain)/.test(to),
      ),
    ).toEqual([])
  })

  test('the page imports only what a browser has, of others only types, and the host nothing of the page', () => {
    const inBrowser =
      /^(host\/ui\/|host\/(errors\/page|limits\/\w+)\.ts|host\/rules\/rules-wasm\.ts|host\/types\/(peer-model|early-head)\.ts|host\/telemetry\/(catalogue|request-event)\.ts|zomes-bindings\/(generated\/|agent-registry\.ts))/
    const packages =
      /^(preact|preact\/hooks|@preact\/signals|@holochain\/client|zod\/mini|eventsource-parser|@ipld\/dag-cbor|marked|uplot|d3-force|uqr|\..*\.css)$/
    // Types are gone once the page is built.
    const typed =
      /^(zod|host\/errors\/ripple-error\.ts|host\/operations\/registry\.ts|host\/api\/(page|openai\/.*)\.ts)$/
    const page = host
      .filter(({ path }) => path.startsWith('host/ui/') && path !== 'host/ui/build.ts')
      .map((source) => ({ ...source, values: importsOf(withoutTypes(source)) }))
    const foreign = page.flatMap((source) =>
      importsOf(source)
        .filter((to) => !inBrowser.test(to) && !packages.test(to))
        .filter((to) => !typed.test(to) || source.values.includes(to))
        .map((to) => `${source.path} -> ${to}`),
    )
    expect(foreign).toEqual([])
    expect(
      host
        .filter(({ path }) => !path.startsWith('host/ui/'))
        .filter((source) => importsOf(source).some((to) => to.startsWith('host/ui/')))
        .map(({ path }) => path),
    ).toEqual([])
  })

  test('no client of the daemon declares the shape of an answer: operations and the API do', () => {
    const clients = host.filter(({ path }) => /^host\/(ui|cli|start)\//.test(path))
    expect(withLine(clients, /\.(object|strictObject|looseObject|interface)\(\{|from 'zod\/mini'/)).toEqual(
      [],
    )
  })

  test('only zomes-bindings knows the names of zome functions', () => {
    const zomes = all.filter(({ path }) => /^dnas\/\w+\/dna\.yaml$/.test(path)).flatMap(zomesOf)
    expect(zomes).toContain('scheduling')
    expect(withLine(host, new RegExp(`,\\s*'(${zomes.join('|')})',`))).toEqual([])
  })

  test('only one file writes to the terminal, and only one reads the environment', () => {
    // A program that only read its environment would leave its secrets to its children.
    expect(
      withLine(
        host.filter(({ path }) => path !== 'host/config/env.ts'),
        /process\.env\b|\breadEnv\(/,
      ),
    ).toEqual([])
    const silent = host.filter(({ path }) => path !== 'host/cli/print.ts')
    expect(withLine(silent, /process\.std(out|err)\.write|console\.(log|error|warn|info)/)).toEqual([])
  })
})

describe('sizes', () => {
  /** Lines of the longest file and function that still read well; the field's medians are far below. */
  const FILE_LINES_MAX = 400
  const FUNCTION_LINES_MAX = 70

  test(`no file of the host has more than ${FILE_LINES_MAX} lines`, () => {
    expect(host.filter(({ lines }) => lines.length > FILE_LINES_MAX).map(({ path }) => path)).toEqual([])
  })

  test(`no function of the host has more than ${FUNCTION_LINES_MAX} lines`, () => {
    expect(host.flatMap((source) => longFunctions(source, FUNCTION_LINES_MAX))).toEqual([])
  })
})

describe('words', () => {
  test('docs and comments keep to the lengths and beginnings of sentences of docs/STYLE.md', () => {
    const broken = (house.sections.prose ?? []).filter(({ now, most }) =>
      Object.entries(most).some(([rule, max]) => (now[rule] ?? 0) > max),
    )
    expect(broken).toEqual([])
  })

  // Put together here, so that this file does not find itself.
  const banned = [
    'TO' + 'DO',
    'FIX' + 'ME',
    'XX' + 'X',
    'previous' + 'ly',
    'exactly ' + 'once',
    'eslint-' + 'disable',
  ]

  test('no source has notes of unfinished work or promises that nobody can keep', () => {
    expect(withLine([...host, ...rust], new RegExp(`\\b(${banned.join('|')})\\b`, 'i'))).toEqual([])
  })

  test('no file names a machine path', () => {
    const paths = new RegExp(`(^|[\\s'"\`(])/(${['wo' + 'rk', 'ro' + 'ot', 'ho' + 'me/[a-z]'].join('|')})/`)
    expect(
      withLine(
        all.filter(({ path }) => !path.endsWith('lock.json')),
        paths,
      ),
    ).toEqual([])
  })

  test('the host throws no error without a code', () => {
    expect(withLine(host, /throw new Error\(/)).toEqual([])
  })

  test('no comment turns the type checker off', () => {
    expect(withLine(typescript, new RegExp(`@ts-(${'ignore'}|${'expect-error'}|${'nocheck'})`))).toEqual([])
  })
})

describe('tests', () => {
  test('a title begins with its subject', () => {
    const call = '(?:\\b(?:describe|test|it)(?:\\.\\w+)*|\\))'
    const headless = new RegExp(`${call}\\(\\s*['"\`](?:${TITLE_WITHOUT_SUBJECT.join('|')})\\b.*`, 'gi')
    const tests = typescript.filter(({ path }) => path.startsWith('tests/'))
    const found = tests.flatMap(({ path, text }) =>
      (text.match(headless) ?? []).map((one) => `${path}: ${one}`),
    )
    expect(found).toEqual([])
  })

  test('a unit test that replaces a module ends in .mocked.test.ts, because others share a process', () => {
    const tests = typescript.filter(({ path }) => /^tests\/unit\/.*\.test\.ts$/.test(path))
    const mocking = tests.filter(({ text }) => /\bvi\.(doMock|mock|resetModules)\(/.test(text))
    expect(mocking.map(({ path }) => path)).toEqual(
      tests.filter(({ path }) => path.endsWith('.mocked.test.ts')).map(({ path }) => path),
    )
  })
})

function walk(folder: string): Source[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const full = join(folder, entry.name)
    if (entry.isDirectory()) return walk(full)
    if (!/\.(tsx?|mjs|rs|md|ya?ml|toml|json)$/.test(entry.name)) return []
    const text = readFileSync(full, 'utf8')
    return [{ path: relative(root, full), text, lines: text.split('\n') }]
  })
}

/** Imports of the files under a folder that the rule forbids, as `file -> import`. */
function offending(folder: string, forbidden: (to: string) => boolean): string[] {
  return host
    .filter(({ path }) => path.startsWith(folder))
    .flatMap((source) =>
      importsOf(source)
        .filter(forbidden)
        .map((to) => `${source.path} -> ${to}`),
    )
}

function importsOf({ path, text }: Source): string[] {
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^'\s]+)'/g)].map((match) => match[1] ?? '')
  return found.map((to) => (to.startsWith('.') ? relative(root, resolve(root, dirname(path), to)) : to))
}

function withoutTypes(source: Source): Source {
  return { ...source, text: source.text.replace(/^import type [^;']*from '[^']*'$/gm, '') }
}

function withLine(sources: readonly Source[], pattern: RegExp): string[] {
  return sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
}

/** Names of the coordinator zomes of a DNA, which are called. */
function zomesOf({ text }: Source): string[] {
  const dna = parse(text) as { coordinator: { zomes: { name: string }[] } }
  return dna.coordinator.zomes.map(({ name }) => name)
}

/** Reads functions by their indentation, which the formatter guarantees. */
function longFunctions({ path, lines }: Source, max: number): string[] {
  return lines.flatMap((line, start) => {
    const opened =
      /^(\s*)(?:export )?(?:default )?(?:(?:public|private|static|async) )*(?:function\b.*|(?:const \w+ = )?.*=>|[\w[\].#]+\(.*\).*) \{$/.exec(
        line,
      )
    if (!opened || /^\s*(if|for|while|switch|else|try|catch|describe|\}|test)\b/.test(line)) return []
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${opened[1]}}`))
    return end - start > max ? [`${path}:${start + 1}: ${end - start} lines`] : []
  })
}
