import { writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { readArguments } from './arguments.ts'
import { benches } from './benches.ts'
import { print, round } from './compare.ts'

// Measures one thing, compared with the raw engine if there is one, and prints a document: `npm run bench -- --help`.

/** Exit code of what Ctrl-C has ended. */
const INTERRUPTED = 130

let stopped = false

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2), benches)
  if (asked.type !== 'measure') {
    process[asked.type === 'help' ? 'stdout' : 'stderr'].write(asked.text)
    return asked.type === 'help' ? 0 : 2
  }
  const { name, bench, values, json } = asked
  // The daemons have heard it too: calls to them fail then, and everything is put away on the way out.
  process.once('SIGINT', () => {
    stopped = true
    process.stderr.write('stopping; once more ends it at once\n')
  })
  const before = load()
  const from = performance.now()
  const found = await bench.measure(values, (line) => void process.stderr.write(`${line}\n`))
  const report = {
    bench: name,
    options: values,
    at: new Date().toISOString(),
    seconds: round((performance.now() - from) / 1_000),
    machine: {
      cores: cpus().length,
      processor: cpus()[0]?.model ?? '',
      memory_gib: Math.round(totalmem() / 2 ** 30),
      load_before: before,
      load_after: load(),
    },
    ...found,
  }
  print(report)
  if (json !== null) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  return 0
}

/** Processes that ran or waited to, on average over the last minute. */
function load(): number {
  return round(loadavg()[0] ?? 0)
}

// The client of the conductor keeps the process alive.
process.exit(
  await main().catch((thrown) => {
    if (stopped) return INTERRUPTED
    throw thrown
  }),
)
