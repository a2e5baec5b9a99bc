/** Runs a network's meeting point in the foreground, with the same URL as before. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { checkDataFolder } from '../../config/check-data.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { joinUrl, randomLocalName, readNetwork } from '../../config/network.ts'
import { dataPaths } from '../../config/paths.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import type { Foreground, MeetingPoint } from '../../operations/local.ts'
import { runBootstrapServer } from '../../processes/bootstrap-server.ts'
import { untilAborted } from '../../types/or-aborted.ts'
import { readListenAddress } from '../machine/listen-address.ts'
import { portIsFree } from '../machine/port-free.ts'
import { locateProgram } from '../machine/programs.ts'
import { writePrivately } from '../machine/restrict-umask.ts'
import { readTlsFiles } from '../machine/tls-files.ts'

/** Settings of a meeting point's run. */
export interface RelayWish extends MeetingPoint {
  readonly config: Config
  readonly env: Env
  /** Whether to begin another network in place of the one that was served there before. */
  readonly anew: boolean
}

/** The names of the served local networks by network and address, each with the address that it listened on. */
const servedFile = z.record(z.string(), z.strictObject({ session: z.string(), listening: z.string() }))

/**
 * Runs a meeting point in the foreground until the signal aborts. Rejects with `RIPPLE_LISTEN_ADDRESS`,
 * `RIPPLE_FILE_UNREADABLE` and `RIPPLE_NOTE_DAMAGED`, and as `runBootstrapServer` does.
 */
export async function serveRelay(
  { config, env, listen: text, tls: files, anew }: RelayWish,
  signal: AbortSignal,
): Promise<Foreground<{ url: string; join: string }>> {
  writePrivately()
  await checkDataFolder(config.data)
  const { listen, host, port } = readListenAddress(text)
  const tls = files === null ? null : readTlsFiles(files)
  const { name: network } = readNetwork(config.network, config.network_file)
  const { root, bootstrap: file } = dataPaths(config.data)
  const served = await readServed(file)
  const program = await locateProgram('kitsune2-bootstrap-srv', env, config.cache, signal)
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'ripple-relay-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const logFile = join(folder, 'bootstrap.log')
  const run = async (at: string) => {
    // The server itself would retry until its start deadline.
    await portIsFree(Number(at.slice(at.lastIndexOf(':') + 1)), host)
    return runBootstrapServer({ program, listen: at, tls, folder, logFile, onEvent: () => {} }, signal)
  }
  const name = `${config.network} ${listen}`
  const before = anew ? undefined : served[name]
  let session = before?.session ?? randomLocalName()
  const starting = run(before?.listening ?? listen).catch((thrown: unknown) => {
    // With port 0, another server of the old network may have the old port, so this one begins a new network.
    if (port !== 0 || before === undefined || toRippleError(thrown).code !== 'RIPPLE_PORT_TAKEN') throw thrown
    session = randomLocalName()
    return run(listen)
  })
  const server = opening.use(await starting)
  await mkdir(root, { recursive: true, mode: 0o700 })
  // Read again, since another process may have written while the server started.
  const all = { ...(await readServed(file)), [name]: { session, listening: server.listening } }
  await writeAtomic(file, `${JSON.stringify(all)}\n`)
  const stack = opening.move()
  const ended = untilAborted(signal).then(() => stack.disposeAsync())
  const url = joinUrl(server.url, network === 'local' ? session : null)
  const words = network === 'local' ? '' : `--network ${network} `
  return { ready: { url, join: `ripple up ${words}--bootstrap '${url}'` }, ended }
}

async function readServed(file: string): Promise<z.output<typeof servedFile>> {
  try {
    return servedFile.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return {}
    const facts = { file, what: 'the network that was served here', fix: 'start again: a new network begins' }
    throw new RippleError('RIPPLE_NOTE_DAMAGED', facts, { cause: thrown })
  }
}
