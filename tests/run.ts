import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { send } from '../host/processes/left-over.ts'
import { cache } from '../host/setup/paths.mjs'

/** One part of the suite: a command and how many tests its output says that it ran. */
interface Part {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  count(output: string): Promise<Count>
}

interface Count {
  readonly passed: number
  readonly failed: number
}

const scratch = await mkdtemp(join(tmpdir(), 'ripple-test-'))
const report = join(scratch, 'vitest.json')
// The folder of compiled crates is the user's cache: a clone holds sources only.
const env = { ...process.env, CARGO_TARGET_DIR: join(cache, 'target') }

const parts: readonly Part[] = [
  { name: 'types', command: ['npx', 'tsc', '--noEmit'], count: one },
  { name: 'lint', command: ['npx', 'biome', 'check', '--error-on-warnings'], count: one },
  {
    name: 'rules',
    command: [
      'cargo',
      'test',
      '--locked',
      '-p',
      'ripple_shared',
      '-p',
      'ripple_rules',
      '--features',
      'ripple_shared/receipt',
    ],
    count: cargoCount,
  },
  {
    name: 'generated types',
    command: ['npx', 'tsx', 'zomes-bindings/build/types.ts', '--check'],
    count: one,
  },
  {
    name: 'vitest',
    command: ['npx', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    count: vitestCount,
  },
]

let ended = false
let running: ChildProcess | null = null
// An end of the suite ends the running part and all that it has started; the scratch folder goes after it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    ended = true
    if (running?.pid !== undefined) send(-running.pid, name)
  })

const only = process.argv.slice(2)
const wrong = only.find((word) => !parts.some(({ name }) => name === word))
if (wrong !== undefined) {
  const names = parts.map(({ name }) => `'${name}'`).join(', ')
  process.stderr.write(
    `error: no part is called '${wrong}'\n\nUsage: npm test [-- PART ...]; the parts are ${names}\n`,
  )
  await rm(scratch, { recursive: true, force: true })
  process.exit(2)
}
const totals = { passed: 0, failed: 0 }
try {
  for (const part of parts.filter(({ name }) => only.length === 0 || only.includes(name))) {
    if (ended) break
    const count = await run(part)
    totals.passed += count.passed
    totals.failed += count.failed
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`)
process.exitCode = ended ? 130 : totals.failed === 0 && totals.passed > 0 ? 0 : 1

/** Runs one part with its output shown; a part that fails counts at least one failure. */
async function run(part: Part): Promise<Count> {
  process.stdout.write(`\n== ${part.name}\n`)
  const started = Date.now()
  const { status, output } = await show(part.command)
  const { passed, failed } = await part.count(output)
  process.stdout.write(`== ${part.name}: ${((Date.now() - started) / 1000).toFixed(0)} s\n`)
  if (status === 0) return { passed, failed }
  return { passed: part.count === one ? 0 : passed, failed: Math.max(1, failed) }
}

function show([command, ...args]: Part['command']): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    running = child
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk)
      output += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (status) => {
      running = null
      resolve({ status: status ?? 1, output })
    })
  })
}

/** A check that is one yes or no. */
async function one(): Promise<Count> {
  return { passed: 1, failed: 0 }
}

async function cargoCount(output: string): Promise<Count> {
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`(\\d+) ${word};`, 'g'))].reduce(
      (total, found) => total + Number(found[1]),
      0,
    )
  return { passed: sum('passed'), failed: sum('failed') }
}

async function vitestCount(): Promise<Count> {
  const json = await readFile(report, 'utf8').catch(() => '{}')
  const { numPassedTests = 0, numFailedTests = 0 } = JSON.parse(json) as {
    numPassedTests?: number
    numFailedTests?: number
  }
  return { passed: numPassedTests, failed: numFailedTests }
}
