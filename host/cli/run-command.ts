/** Runs one command of the command line. */
import { join } from 'node:path'
import { dataFolder } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { STARTED_POSTER, startFolder } from '../config/paths.ts'
import type { ConfigLayer } from '../config/settings.ts'
import { type Ending, endings } from '../daemon/machine/endings.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { localHandlers } from '../operations/handlers.ts'
import type { Local } from '../operations/local.ts'
import { type Handler, type Operation, parseInput } from '../operations/operation.ts'
import type { Presenter } from '../operations/present.ts'
import { daemonOperations } from '../operations/registry.ts'
import { version } from '../version.ts'
import { type Client, findDaemon } from './client.ts'
import { confirm } from './confirm.ts'
import { followTask } from './follow.ts'
import { presenterOf } from './present/index.ts'
import type { Printer } from './print.ts'
import { printAnswer } from './print-answer.ts'
import type { Asked } from './program.ts'
import { readInput } from './read-input.ts'
import { showLive } from './show-live.ts'
import { showWaiting } from './show-waiting.ts'

/** Runs a command, prints the answer, and returns the exit code. Rejects with a coded error. */
export async function runCommand(asked: Asked, env: Env, print: Printer): Promise<number> {
  using ending = endings(env)
  const typed = await readInput(asked.typed, process.stdin, ending.signal)
  const dataFlag: ConfigLayer = asked.data === undefined ? {} : { data: asked.data }
  const local = localHandlers.find(({ operation }) => operation.name === asked.name)
  // Awaited here, because the end of this block releases the signals.
  if (local) {
    checked(local.operation, typed)
    return await runLocal(local, typed, { asked, env, print, dataFlag, ending })
  }
  const operation = daemonOperations.find(({ names }) => names.includes(asked.name))
  if (!operation) throw new RippleError('RIPPLE_USAGE', { detail: `unknown command '${asked.name}'` })
  // Checked here too, so a mistake is reported before a request is sent, and the task's key is known and can be followed.
  const input = checked(operation, typed)
  const client = await connector(asked, print)(dataFolder(env, dataFlag))
  return await runRemote(operation, input, { asked, print, client, ending })
}

/** Checks the typed input. Throws `RIPPLE_USAGE`, which names the options of the wrong field, and a check's own errors. */
function checked({ input, flags }: Operation, typed: unknown): unknown {
  try {
    return parseInput(input, typed)
  } catch (thrown) {
    const { code, facts } = toRippleError(thrown)
    const ways = flags[String(facts.param).split('.')[0] ?? '']
    if (code !== 'RIPPLE_BODY_INVALID' || !ways?.length) throw thrown
    const words = ways.map(({ as }) => as).join(' or ')
    throw new RippleError('RIPPLE_USAGE', { detail: `${words}: ${facts.flaw}` }, { cause: thrown })
  }
}

interface LocalRun {
  readonly asked: Asked
  readonly env: Env
  readonly print: Printer
  readonly dataFlag: ConfigLayer
  readonly ending: Ending
}

async function runLocal(handler: Handler<Local>, input: unknown, run: LocalRun): Promise<number> {
  const { openLocal } = await import('../daemon/command/local.ts')
  const held: Promise<void>[] = []
  const local = openLocal({
    env: run.env,
    dataFlag: run.dataFlag,
    version,
    say: run.print.note,
    hold: (until) => void held.push(until),
    confirm: (question, signal) => {
      const isSeen = !run.asked.json && process.stderr.isTTY === true
      return confirm(question, { stdin: process.stdin, isSeen, print: run.print }, signal)
    },
    connect: connector(run.asked, run.print),
  })
  const presenter = presenterOf(run.asked.name)
  const view = !run.asked.json && presenter.isLive(input) ? run.print.view() : null
  if (view !== null) {
    const look = async (signal: AbortSignal) =>
      presenter.render(await handler.call(local, input, signal), run.print.screen).lines
    await showLive(look, view, process.stdin, run.ending.signal)
    return 0
  }
  const output = await whileShown(presenter, run, () => handler.call(local, input, run.ending.signal))
  show(presenter, output, run.asked, run.print)
  await Promise.all(held)
  return presenter.exit(output)
}

interface RemoteRun {
  readonly asked: Asked
  readonly print: Printer
  readonly client: Client
  readonly ending: Ending
}

async function runRemote(operation: Operation, input: unknown, run: RemoteRun): Promise<number> {
  const { asked, print, client, ending } = run
  const presenter = presenterOf(asked.name)
  const completion = asked.json ? null : presenter.completion(input)
  if (completion) {
    await printAnswer(client, completion, print, ending.signal)
    return 0
  }
  const told = progressKey(operation, input)
  const following = new AbortController()
  const shown =
    told !== null && operation.waits(input)
      ? followTask(client, told, print, following.signal, { pieces: !asked.json })
      : null
  try {
    for (let given = input; ; ) {
      const output = await whileShown(presenter, run, () => client.call(asked.name, given, ending.signal))
      following.abort()
      await shown
      show(presenter, output, asked, print)
      const next = presenter.next(given, output)
      if (next === null) return presenter.exit(output)
      given = next
    }
  } catch (thrown) {
    const isUnheard = ending.signal.aborted || toRippleError(thrown).code === 'RIPPLE_TIMEOUT'
    const note = presenter.unheard(input)
    if (isUnheard && note !== null) print.note(note)
    throw thrown
  } finally {
    following.abort()
  }
}

/** Returns the key of an operation's progress events; null without one. */
function progressKey({ progress }: Operation, input: unknown): string | null {
  const key = progress === null ? null : (input as Record<string, unknown>)[progress]
  return typeof key === 'string' ? key : null
}

/** Shows the reason for waiting until the verb has answered. */
async function whileShown<T>(
  { doing }: { readonly doing: string | null },
  { asked, print }: Pick<RemoteRun, 'asked' | 'print'>,
  call: () => Promise<T>,
): Promise<T> {
  if (doing === null || asked.json) return call()
  using waiting = showWaiting(print)
  waiting.for(doing)
  return await call()
}

function show(presenter: Presenter, output: unknown, asked: Asked, print: Printer): void {
  if (asked.json) print.json(output)
  else print.answer(presenter.render(output, print.screen))
}

/** Returns a function that finds the daemon. It warns once if the daemon's version differs from this command's. */
function connector(asked: Asked, print: Printer): (data: string) => Promise<Client> {
  let isWarned = false
  return async (data) => {
    const client = await findDaemon(data).catch(async (thrown: unknown) => {
      if (asked.data === undefined && !asked.json) await nameStarted(data, print)
      throw thrown
    })
    if (client.state.version !== version && !asked.json && !isWarned) {
      isWarned = true
      print.note(`warning: the daemon is ${client.state.version}, this command is ${version}`)
    }
    return client
  }
}

/** Points to the peers of `npm start`: a user who has just run it looks for them in the usual data folder. */
async function nameStarted(data: string, print: Printer): Promise<void> {
  const started = join(startFolder(data), STARTED_POSTER)
  const found = await findDaemon(started).catch(() => null)
  if (found) print.note(`the peers of 'npm start' are there: add --data ${started}`)
}
