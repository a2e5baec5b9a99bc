import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { namespaceProblem, sweepNamespaces } from '../harness/namespaces.ts'
import { UsageError, withUsage } from '../harness/usage.ts'
import { brokenIn, type Outcome, table } from './figure.ts'
import { outcomeOf, scenarios } from './scenarios.ts'

const lines = scenarios.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`)
const help = `Runs hosts in network namespaces, each with a daemon and a conductor, and measures a mesh of them.

  npm run mesh -- [--full] [--json] [SCENARIO ...]

${lines.join('\n')}

  --full     measures each thing as often and as long as docs/BENCHMARKS.md says, which takes two hours
  --json     prints one document in the end, and nothing else on standard output

It takes Linux, root, iproute2 and, for nat, nftables; without them it says so and ends with 0. Ctrl-C ends it and leaves
nothing behind. The exit code is 1 when a bound was broken.
`

/** Exit code of what Ctrl-C has ended. */
const INTERRUPTED = 130

const read = () =>
  parseArgs({
    allowPositionals: true,
    options: { full: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  })

async function main({ values, positionals }: ReturnType<typeof read>): Promise<number> {
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const unknown = positionals.find((name) => !scenarios.some((one) => one.name === name))
  if (unknown !== undefined) throw new UsageError(`there is no scenario '${unknown}'`)
  const problem = namespaceProblem()
  if (problem !== null) {
    process.stdout.write(`skipped: ${problem}\n`)
    return 0
  }
  sweepNamespaces()
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort(name))
  const say = (line: string) =>
    void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)
  const run = { full: values.full ?? false, say, signal: ending.signal }
  const outcomes: Outcome[] = []
  for (const scenario of scenarios) {
    if (positionals.length > 0 && !positionals.includes(scenario.name)) continue
    try {
      outcomes.push(await outcomeOf(scenario, run))
    } catch (thrown) {
      if (!ending.signal.aborted) throw thrown
      process.stderr.write('stopped; nothing of it runs any more\n')
      return INTERRUPTED
    }
  }
  const broken = brokenIn(outcomes)
  const machine = {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? '',
    memory_gib: Math.round(totalmem() / 2 ** 30),
  }
  const document = { at: new Date().toISOString(), full: run.full, machine, outcomes, broken }
  const text = [table(outcomes), '', ...(broken.length === 0 ? ['every bound was kept'] : broken)].join('\n')
  process.stdout.write(`${values.json ? JSON.stringify(document, null, 2) : text}\n`)
  return broken.length === 0 ? 0 : 1
}

process.exitCode = await withUsage(help, () => main(read()))
