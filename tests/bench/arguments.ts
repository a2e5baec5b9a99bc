import { parseArgs } from 'node:util'
import type { Bench, Option } from './bench.ts'

/** The parsed command line. */
export type Asked =
  | { readonly type: 'help'; readonly text: string }
  | { readonly type: 'wrong'; readonly text: string }
  | {
      readonly type: 'measure'
      readonly name: string
      readonly bench: Bench
      readonly values: Readonly<Record<string, number | string>>
      /** File that the document goes to; null for standard output only. */
      readonly json: string | null
    }

/** Reads the words of `npm run bench --`: the name of a bench, and its options. */
export function readArguments(words: readonly string[], benches: Readonly<Record<string, Bench>>): Asked {
  const [name = '--help', ...rest] = words
  if (name === '--help') return { type: 'help', text: overview(benches) }
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (!bench) return wrong(`there is no bench '${name}'`, overview(benches))
  const known = Object.entries(bench.options)
  try {
    const { values: given } = parseArgs({
      args: rest,
      options: {
        ...Object.fromEntries(known.map(([option]) => [option, { type: 'string' as const }])),
        json: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
    if (given.help === true) return { type: 'help', text: usage(name, bench) }
    const texts: Readonly<Record<string, string | boolean | undefined>> = given
    const values = known.map(([option, one]) => [option, read(option, one, texts[option])])
    return { type: 'measure', name, bench, values: Object.fromEntries(values), json: given.json ?? null }
  } catch (thrown) {
    return wrong(thrown instanceof Error ? thrown.message : String(thrown), usage(name, bench))
  }
}

function wrong(problem: string, help: string): Asked {
  return { type: 'wrong', text: `${problem}\n\n${help}` }
}

function read(name: string, option: Option, given: string | boolean | undefined): number | string {
  if (typeof given !== 'string') return option.otherwise
  if ('among' in option) {
    if (option.among.includes(given)) return given
    throw new TypeError(`--${name} is one of ${option.among.join(', ')}, not '${given}'`)
  }
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new TypeError(`--${name} takes a whole number, not '${given}'`)
}

function overview(benches: Readonly<Record<string, Bench>>): string {
  const lines = Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(11)} ${about}`)
  return `npm run bench -- <name> [--json FILE] [options]; npm run bench -- <name> --help lists them\n\n${lines.join('\n')}\n`
}

function usage(name: string, { about, options }: Bench): string {
  const lines = Object.entries(options).map(([option, one]) => {
    const choice = 'among' in one ? ` (${one.among.join(', ')})` : ''
    return `  --${option.padEnd(9)} ${one.about}${choice}; otherwise ${one.otherwise}`
  })
  const json = `  --${'json'.padEnd(9)} file that the document is written to as well`
  return `${name}: ${about}\n\n${[...lines, json].join('\n')}\n`
}
