/** Runs one command of the command line. */
import { join } from 'node:path'
import { dataFolder } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { STARTED_POSTER, startFolder } from '../config/paths.ts'
import type { ConfigLayer } from '../config/settings.ts'
import { type Ending, endings } from '../daemon/endings.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { Operation } from '../operations/operation.ts'
import { parseInput } from '../operations/operation.ts'
import { daemonOperations, localOperations } from '../operations/registry.ts'
import { version } from '../version.ts'
import { type Client, findDaemon } from './client.ts'
import { followTask } from './follow.ts'
import type { Printer } from './print.ts'
import { printAnswer } from './print-answer.ts'
import type { Asked } from './program.ts'
import { readInput } from './read-input.ts'
import { showWaiting } from './show-waiting.ts'

/** Runs a command, prints the answer, and returns the exit code. Rejects with a coded error. */
export async function runCommand(asked: Asked, env: Env, print: Printer): Promise<number> {
  using ending = endings(env)
  const typed = await readInput(asked.typed, process.stdin, ending.signal)
  const dataFlag: ConfigLayer = asked.data === undefined ? {} : { data: asked.data }
  const local = localOperations.find((verb) => verb.name === asked.name)
  // Awaited here, because the end of this block releases the signals.
  if (local) {
    checked(local, typed)
    return await runLocal(local, typed, { asked, env, print, dataFlag, ending })
  }
  const verb = daemonOperations.find((one) => one.name === asked.name)
  if (!verb) throw new RippleError('RIPPLE_USAGE', { detail: `unknown command '${asked.name}'` })
  // Checked here too, so a mistake is reported before a request is sent, and the task's key is known and can be followed.
  const input = checked(verb, typed)
  const client = await connect(dataFolder(env, dataFlag), asked, print)
  return await runRemote(verb, input, { asked, print, client, ending })
}

/** Checks the typed input. Throws `RIPPLE_USAGE`, which names the options of the wrong field, and a check's own errors. */
function checked<C>(verb: Operation<C>, typed: unknown): unknown {
  try {
    return parseInput(verb.input, typed)
  } catch (thrown) {
    const { code, facts } = toRippleError(thrown)
    const ways = verb.cli[String(facts.param).split('.')[0] ?? '']
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

async function runLocal(
  verb: (typeof localOperations)[number],
  input: unknown,
  run: LocalRun,
): Promise<number> {
  const { openLocal } = await import('../daemon/local.ts')
  const held: Promise<void>[] = []
  const local = openLocal({
    env: run.env,
    dataFlag: run.dataFlag,
    version,
    say: run.print.note,
    hold: (until) => void held.push(until),
    connect: (data) => connect(data, run.asked, run.print),
  })
  const output = await whileShown(verb, run, () => verb.call(local, input, run.ending.signal))
  show(verb, output, run.asked, run.print)
  await Promise.all(held)
  return verb.exit(output)
}

interface RemoteRun {
  readonly asked: Asked
  readonly print: Printer
  readonly client: Client
  readonly ending: Ending
}

async function runRemote(
  verb: (typeof daemonOperations)[number],
  input: unknown,
  run: RemoteRun,
): Promise<number> {
  const { asked, print, client, ending } = run
  const completion = asked.json ? null : verb.completion(input)
  if (completion) {
    await printAnswer(client, completion, print, ending.signal)
    return 0
  }
  const key = verb.key(input)
  const told = verb.told(input)
  const waits = verb.waits(input)
  const following = new AbortController()
  const shown =
    told !== null && waits ? followTask(client, told, print, following.signal, { pieces: !asked.json }) : null
  try {
    const output = await whileShown(verb, run, () => client.call(verb.name, input, ending.signal))
    following.abort()
    await shown
    show(verb, output, asked, print)
    return verb.exit(output)
  } catch (thrown) {
    const unheard = ending.signal.aborted || toRippleError(thrown).code === 'RIPPLE_TIMEOUT'
    if (unheard && key !== null)
      print.note(`${waits ? 'the task goes on' : 'it may have been posted'}: see 'ripple task show ${key}'`)
    throw thrown
  } finally {
    following.abort()
  }
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

function show<C>(verb: Operation<C>, output: unknown, asked: Asked, print: Printer): void {
  if (asked.json) print.json(output)
  else print.answer(verb.render(output, print.screen))
}

/** Finds the daemon, and warns if its version differs from this command's. */
async function connect(data: string, asked: Asked, print: Printer): Promise<Client> {
  const client = await findDaemon(data).catch(async (thrown: unknown) => {
    if (asked.data === undefined && !asked.json) await nameStarted(data, print)
    throw thrown
  })
  if (client.state.version !== version && !asked.json) {
    print.note(`warning: the daemon is ${client.state.version}, this command is ${version}`)
  }
  return client
}

/** Points to the peers of `npm start`: a user who has just run it looks for them in the usual data folder. */
async function nameStarted(data: string, print: Printer): Promise<void> {
  const started = join(startFolder(data), STARTED_POSTER)
  const found = await findDaemon(started).catch(() => null)
  if (found) print.note(`the peers of 'npm start' are there: add --data ${started}`)
}
