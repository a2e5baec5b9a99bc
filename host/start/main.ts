/** Starts two peers and shows a first task: `npm start`. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findDaemon } from '../cli/client.ts'
import { type Printer, terminalPrinter } from '../cli/print.ts'
import { showWaiting, type Waiting } from '../cli/show-waiting.ts'
import { resolveConfig } from '../config/config.ts'
import { type Env, takeEnv } from '../config/env.ts'
import { randomLocalName } from '../config/network.ts'
import { dataPaths, STARTED_POSTER, startFolder } from '../config/paths.ts'
import { openLocal } from '../daemon/command/local.ts'
import { endings } from '../daemon/machine/endings.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { TaskView } from '../operations/context.ts'
import { fields } from '../operations/layout.ts'
import { span } from '../operations/text.ts'
import { untilAborted } from '../types/or-aborted.ts'
import { version } from '../version.ts'
import { runTask, type SeenPeer, untilSeen } from './job.ts'
import { readOptions, type StartOptions, startHelp } from './options.ts'
import { type Peer, startPeer } from './peers.ts'
import { reportOf } from './report.ts'
import { projectFolder, tryNext } from './try-next.ts'

const env = takeEnv()
const print = terminalPrinter(env)
process.exitCode = await main(process.argv.slice(2))

/** Runs `npm start`: two peers on this machine, one task between them, and its receipt. Returns the exit code. */
async function main(words: readonly string[]): Promise<number> {
  let json = words.includes('--json')
  try {
    const options = readOptions(words)
    json = options.json
    if (options.help) {
      print.answer({ lines: [startHelp] })
      return 0
    }
    return await start(options)
  } catch (thrown) {
    const error = toRippleError(thrown)
    print.error(error, json)
    return error.exit
  }
}

async function start(options: StartOptions): Promise<number> {
  using ending = endings(env)
  const { signal } = ending
  await using stack = new AsyncDisposableStack()
  // Registered first, so that stopping the peers is shown as well.
  const waiting = stack.use(showWaiting(print))
  const folder = options.data ?? startFolder(resolveConfig(env).data)
  const begun = performance.now()
  print.note('starting two peers on this machine')
  const { receipts } = dataPaths(join(folder, STARTED_POSTER))
  // Each start is a local network of its own, whose tasks end with it.
  const local = randomLocalName()
  if (existsSync(receipts))
    print.note(`ok  a new network: of earlier starts, the receipts stay in ${receipts}`)
  const isFirst = !existsSync(dataPaths(join(folder, STARTED_POSTER)).conductor)
  waiting.for(`starting both peers${isFirst ? ', which compiles the hApp at the first start' : ''}`)
  const started: Peer[] = []
  // Both stop at once: a conductor whose peer has just gone takes much longer to stop.
  stack.defer(async () => {
    waiting.for('stopping both peers')
    await Promise.all(started.map((peer) => peer[Symbol.asyncDispose]()))
  })
  const peers = [STARTED_POSTER, 'worker'].map(async (name) => {
    const peer = await startPeer(folder, name, local, signal)
    started.push(peer)
    print.note(`ok  ${name} ${peer.agent} (${since(begun)})`)
    return peer
  })
  // Waits for both, so that a failed peer does not leave the other one starting.
  const [poster, worker] = await bothOf(peers)
  waiting.for('waiting until the peers see each other')
  const seen = await untilSeen(poster, worker, signal)
  print.note(`ok  the poster sees the worker (${since(begun)})`)
  for (const card of seen) print.note(`    ${describe(card)}`)
  const verified = await doTask(poster, options, waiting, signal)
  if (!options.once) await stayUp(poster, worker, signal)
  return verified ? 0 : 1
}

async function bothOf(starting: readonly Promise<Peer>[]): Promise<[Peer, Peer]> {
  const settled = await Promise.allSettled(starting)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  const [poster, worker] = await Promise.all(starting)
  if (!poster || !worker) throw new RippleError('RIPPLE_INTERNAL', { detail: 'two peers were started' })
  return [poster, worker]
}

/** Posts a task, shows it and verifies its receipt. Returns whether the receipt is valid. */
async function doTask(
  poster: Peer,
  options: StartOptions,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<boolean> {
  const asked = Date.now()
  print.note(`\nasking: ${options.prompt}`)
  const request = { prompt: options.prompt, max_tokens: options.maxTokens, key: randomUUID() }
  waiting.for('waiting for the answer')
  const task = await runTask(poster, request, print, signal)
  const problem = await verifyReceipt(task, signal)
  waiting.for(null)
  const report = reportOf(task, asked, problem === null)
  if (options.json) print.json(report)
  else {
    print.answer({ lines: [task.output?.text ?? ''] })
    print.answer({ lines: ['', ...summary(task, problem, report.timings)] })
  }
  return problem === null
}

function summary(
  task: TaskView,
  problem: string | null,
  timings: ReturnType<typeof reportOf>['timings'],
): string[] {
  const times = Object.entries(timings).map(
    ([name, ms]) => `${name.replace('_', ' ')} ${ms === null ? '-' : span(ms)}`,
  )
  return fields([
    ['state', task.state],
    ['output', task.output?.cid ?? '-'],
    ['receipt', task.receipt ?? '-'],
    [
      'verified',
      problem === null
        ? 'yes: who asked, who computed, which bytes, which model file, who accepted'
        : `no: ${problem}`,
    ],
    ['times', times.join(', ')],
  ])
}

/** Verifies the receipt offline, from the file alone, as anybody could. Returns the problem, or null. */
async function verifyReceipt(task: TaskView, signal: AbortSignal): Promise<string | null> {
  if (task.receipt === null) return `the task ended as ${task.state}, there is no receipt`
  try {
    const bytes = await readFile(task.receipt)
    await offline(env, print).verify(task.receipt, bytes, { replay: false, online: false }, signal)
    return null
  } catch (thrown) {
    return toRippleError(thrown).message
  }
}

function offline(env: Env, print: Printer) {
  return openLocal({
    env,
    dataFlag: {},
    version,
    say: print.note,
    hold: () => {},
    confirm: async () => false,
    connect: findDaemon,
  })
}

/**
 * Keeps the peers running until the first signal. A peer that dies ends it too, so that nobody takes one peer for a mesh
 * of two.
 */
async function stayUp(poster: Peer, worker: Peer, signal: AbortSignal): Promise<void> {
  print.note(`\nBoth peers stay up until Ctrl-C. ${tryNext({ project: projectFolder, ...poster })}`)
  const asked = untilAborted(signal)
  const died = [poster, worker].map(async ({ name, data, exited }) => {
    await exited
    const { logs } = dataPaths(data)
    if (!signal.aborted) throw new RippleError('RIPPLE_PEER_ENDED', { name, log: join(logs, 'start.log') })
  })
  if (!signal.aborted) await Promise.race([asked, ...died])
  print.note('stopping both peers ...')
}

function describe({ name, cpu_cores, ram_gb, gpu, models }: SeenPeer): string {
  return `${name}: ${cpu_cores} cores, ${ram_gb} GiB, ${gpu ?? 'no GPU'}, models: ${models.join(', ') || 'none'}`
}

function since(begun: number): string {
  return span(Math.round(performance.now() - begun))
}
