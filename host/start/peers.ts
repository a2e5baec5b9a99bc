/** Starts the two peers of `npm start`. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { type Client, findDaemon } from '../cli/client.ts'
import { dataPaths } from '../config/paths.ts'
import { daemonReadyMs } from '../daemon/machine/ready-time.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { daemonStopMs, limits } from '../limits.ts'
import { up } from '../operations/process/shape.ts'
import { type Child, startChild } from '../processes/child.ts'
import { LogFile } from '../telemetry/log-file.ts'

const command = fileURLToPath(new URL('../cli/ripple.mjs', import.meta.url))

/** A peer on this machine: its process and its API. */
export interface Peer extends AsyncDisposable {
  readonly name: string
  readonly agent: string
  /** Its data folder. */
  readonly data: string
  readonly api: { readonly url: string; readonly key_file: string }
  readonly client: Client
  /** Resolves when its process has ended. */
  readonly exited: Promise<unknown>
}

/** Starts one peer on a local network, with its data in `<folder>/<name>`. Resolves when it is ready. */
export async function startPeer(
  folder: string,
  name: string,
  local: string,
  signal: AbortSignal,
): Promise<Peer> {
  const data = join(folder, name)
  const words = [
    'up',
    '--network',
    'local',
    '--data',
    data,
    '--name',
    name,
    '--local',
    local,
    '--port',
    '0',
    '--json',
  ]
  const child = await startCommand(words, data, (line) => parsed(line, up.output), signal)
  const { agent, api } = child.ready
  const client = await findDaemon(data)
  return { name, agent, data, api, client, exited: child.exited, [Symbol.asyncDispose]: () => child.stop() }
}

/** Runs a command of Ripple as a guarded child until it prints its first answer. */
function startCommand<T>(
  words: string[],
  data: string,
  answer: (line: string) => T | null,
  signal: AbortSignal,
): Promise<Child<T>> {
  return startChild(
    {
      program: process.execPath,
      args: [command, ...words],
      // The first of the two peers would take a libp2p port that the user has set. Both belong to one user of this machine.
      env: { RIPPLE_NET_PORT: '0', RIPPLE_NET_MDNS: 'false', RIPPLE_LOCAL_OPEN: 'true' },
      stdin: null,
      log: new LogFile(join(dataPaths(data).logs, 'start.log'), limits.log_bytes_max),
      pidFile: join(data, 'start.pid'),
      readiness: () => answer,
      readyMs: daemonReadyMs,
      stopSignal: 'SIGINT',
      stopMs: daemonStopMs,
      startFailed: (detail) => childError(detail, words[0] ?? ''),
    },
    signal,
  )
}

/** Returns the error of a failed command. With `--json`, its last line says what went wrong, including code and facts. */
function childError(detail: string, verb: string): RippleError {
  const told = /"message":("(?:[^"\\]|\\.)*").*"hint":("(?:[^"\\]|\\.)*")/.exec(detail)
  const text = told ? `${JSON.parse(told[1] ?? '""')} (${JSON.parse(told[2] ?? '""')})` : detail
  return new RippleError('RIPPLE_PEER_START', { what: verb, detail: text })
}

function parsed<T>(line: string, schema: z.ZodType<T>): T | null {
  if (!line.startsWith('{')) return null
  try {
    return schema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
